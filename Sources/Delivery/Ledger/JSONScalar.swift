/// A value for messages to be compared with.
package enum JSONScalar: Sendable, Hashable {
    case string(String)

    /// A number as JSON writes it.
    case number(String)

    case bool(Bool)
    case null

    /// The key of messages that have this value.
    var key: RouteKey {
        switch self {
        case .string(let text): RouteKey(text: Array(text.utf8))
        case .number(let text): Self.key(text)
        case .bool(let value): Self.key(value ? "true" : "false")
        case .null: Self.key("null")
        }
    }

    private static func key(_ text: String) -> RouteKey {
        Array(text.utf8).withUnsafeBytes { RouteKey(JSONFragment(bytes: $0)) }
    }
}
