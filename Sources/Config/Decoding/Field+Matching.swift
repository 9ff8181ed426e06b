import Matching

extension Field {
    /// A JSON pointer. The empty one is the whole message.
    func pointer() -> JSONPointer? {
        guard let text = self.string("a JSON pointer such as \"/customer/id\"") else { return nil }
        if text.hasControlCharacters {
            self.error("must not contain control characters")
            return nil
        }
        return self.understood { () throws(SyntaxProblem) in try JSONPointer(text) }
    }

    /// A regular expression.
    func pattern() -> Pattern? {
        guard let text = self.text("a regular expression such as \"^order[.]\"") else { return nil }
        return self.understood { () throws(SyntaxProblem) in try Pattern(text) }
    }

    private func understood<Value>(_ parse: () throws(SyntaxProblem) -> Value) -> Value? {
        do throws(SyntaxProblem) {
            return try parse()
        } catch {
            self.error(error.description)
            return nil
        }
    }
}
