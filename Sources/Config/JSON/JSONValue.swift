/// A value of a JSON text, with its place.
struct JSONValue: Sendable {
    enum Content: Sendable {
        case null
        case bool(Bool)
        /// The number as written, so that nothing is rounded before somebody asks for a type.
        case number(String)
        case string(String)
        case array([JSONValue])
        /// The members in the order of the text; no key appears twice.
        case object([JSONMember])
    }

    let content: Content

    /// Where the value's first character stands.
    let place: SourcePlace

    /// What kind of value it is, with its article, for messages.
    var kind: String {
        switch self.content {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
