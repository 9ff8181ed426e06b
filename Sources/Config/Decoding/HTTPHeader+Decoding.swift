extension Configuration.HTTPSink.Header {
    /// What is said of the sink as a whole.
    private static let fixed: Set<String> = ["content-type", "user-agent"]

    static func decodeAll(_ field: Field, taken: TakenHeaders) -> [Self] {
        guard let reader = field.object() else { return [] }
        var seen: Set<String> = []
        return reader.named().compactMap { name, nameField, field in
            do throws(TextProblem) {
                try taken.check(name)
            } catch {
                nameField.error(error.message)
            }
            if !seen.insert(name.lowercased()).inserted {
                nameField.error("the header is there twice: upper and lower case make no difference (remove one)")
            }
            guard let value = Self.value(field) else { return nil }
            if case .template = value, name.lowercased() == "authorization" { field.context.noteSecret(in: field) }
            if case .template(let segments) = value, Self.fixed.contains(name.lowercased()),
                segments.contains(where: \.isPlaceholder)
            {
                field.error("must be the same for all messages (write it without placeholders)")
            }
            return Self(name: name, value: value)
        }
    }

    private static func value(_ field: Field) -> Value? {
        guard let secret = field.secret(for: .headerValue) else { return nil }
        guard case .string(let text) = field.value.content else { return .secret(secret) }
        do throws(TextProblem) {
            return .template(try Self.segments(of: text))
        } catch {
            field.error(error.message)
            return nil
        }
    }

    /// Takes a value apart at `{channel}` and its like. Braces around anything but a word are text.
    ///
    /// - Throws: a problem that does not repeat the text, which can be a password.
    static func segments(of text: String) throws(TextProblem) -> [Segment] {
        var segments: [Segment] = []
        var plain: [UInt8] = []
        func endPlain() {
            if !plain.isEmpty { segments.append(.text(Secret(String(decoding: plain, as: UTF8.self)))) }
            plain = []
        }
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "{"), let word = Self.word(before: UInt8(ascii: "}"), in: rest) else {
                plain.append(byte)
                continue
            }
            rest = rest[word.endIndex...].dropFirst()
            guard let placeholder = Placeholder(rawValue: String(word)) else { throw Self.unknown(String(word)) }
            endPlain()
            segments.append(.placeholder(placeholder))
        }
        endPlain()
        return segments
    }

    private static func word(before end: UInt8, in text: Substring.UTF8View) -> Substring? {
        let word = text.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_") }
        return word.isEmpty || text[word.endIndex...].first != end ? nil : Substring(word)
    }

    private static func unknown(_ name: String) -> TextProblem {
        let names = Placeholder.allCases.map(\.rawValue)
        let known = names.map { "{\($0)}" }.joined(separator: ", ")
        let meant = Suggestion.closest(to: name, among: names).map { "did you mean {\($0)}?" }
        let hint = meant ?? "known: \(known); a value from {\"env\": NAME} is sent as it is"
        return TextProblem("has an unknown placeholder (\(hint))")
    }
}

extension Configuration.HTTPSink.Header.Segment {
    fileprivate var isPlaceholder: Bool {
        if case .placeholder = self { true } else { false }
    }
}
