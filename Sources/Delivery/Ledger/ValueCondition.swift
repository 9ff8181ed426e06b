package import Matching

/// What is asked of a value of a message.
package struct ValueCondition: Sendable {
    private enum Test {
        case isOneOf(Set<RouteKey>, longestText: Int)
        case isFound(Pattern)
        case exists(Bool)
    }

    private let test: Test

    /// The value is a string, number, boolean or null equal to one of these: strings by the text that they say, numbers by what they
    /// are worth (`1` is `1.0`), and nothing to a value of another kind (`1` is not `"1"`). Arrays and objects equal none.
    package static func isOneOf(_ values: [JSONScalar]) -> Self {
        let lengths = values.map { if case .string(let text) = $0 { text.utf8.count } else { 0 } }
        return Self(test: .isOneOf(Set(values.map(\.key)), longestText: lengths.max() ?? 0))
    }

    package static func equals(_ value: JSONScalar) -> Self {
        .isOneOf([value])
    }

    /// The value is a string, and the pattern is found in the text that it says.
    package static func matches(_ pattern: Pattern) -> Self {
        Self(test: .isFound(pattern))
    }

    /// There is a value, be it null; or, for false, there is none.
    package static func exists(_ exists: Bool) -> Self {
        Self(test: .exists(exists))
    }

    func holds(for value: JSONFragment?) -> Bool {
        switch self.test {
        case .exists(let exists):
            return exists == (value != nil)
        case .isFound(let pattern):
            guard let value, value.kind == .string else { return false }
            guard JSONString.hasEscapes(value.content) else { return pattern.isFound(in: value.content) }
            return JSONString.decoded(value.content).withUnsafeBytes { pattern.isFound(in: $0) }
        case .isOneOf(let keys, let longestText):
            guard let value else { return false }
            switch value.kind {
            case .object, .array: return false
            // Long texts are not read to be compared with short ones.
            case .string: return value.content.count <= JSONString.longest(of: longestText) && keys.contains(RouteKey(value))
            case .number, .bool, .null: return keys.contains(RouteKey(value))
            }
        }
    }
}
