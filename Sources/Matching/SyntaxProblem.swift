/// Why a text is no pointer or no pattern, for people: `must start with '/' (…)`.
package struct SyntaxProblem: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
