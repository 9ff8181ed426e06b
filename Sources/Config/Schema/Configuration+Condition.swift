package import Matching

extension Configuration {
    /// The `when` of a route: which messages it delivers. A comparison with a value that is not there is false.
    package indirect enum Condition: Sendable, Hashable {
        /// What is asked of a value.
        package enum Test: Sendable, Hashable {
            case equals(Scalar)
            /// One of these; at least one, none twice as they are written.
            case oneOf([Scalar])
            /// A string in which the pattern is found.
            case matches(Pattern)
            case exists(Bool)
        }

        /// A value to compare with.
        package enum Scalar: Sendable, Hashable {
            case string(String)
            /// A number as it is written.
            case number(String)
            case bool(Bool)
            case null
        }

        /// About the value that a pointer leads to.
        case value(JSONPointer, Test)
        /// Each of them; at least one.
        case all([Condition])
        /// At least one of them.
        case any([Condition])
        case not(Condition)
    }
}

extension Configuration.Condition: CustomStringConvertible {
    /// The condition in a few words: `all(/type = "order.paid", not(/test exists))`.
    package var description: String {
        switch self {
        case .value(let pointer, let test):
            (pointer.text.isEmpty ? Quoted("").description : Quoted.harmless(pointer.text)) + " \(test)"
        case .all(let conditions): "all(\(conditions.map(\.description).joined(separator: ", ")))"
        case .any(let conditions): "any(\(conditions.map(\.description).joined(separator: ", ")))"
        case .not(let condition): "not(\(condition))"
        }
    }
}

extension Configuration.Condition.Test: CustomStringConvertible {
    package var description: String {
        switch self {
        case .equals(let value): "= \(value)"
        case .oneOf(let values): "in (\(values.map(\.description).joined(separator: ", ")))"
        case .matches(let pattern): "matches \(Quoted(pattern.text))"
        case .exists(true): "exists"
        case .exists(false): "is missing"
        }
    }
}

extension Configuration.Condition.Scalar: CustomStringConvertible {
    package var description: String {
        switch self {
        case .string(let text): Quoted(text).description
        case .number(let text): Quoted.harmless(text)
        case .bool(let value): "\(value)"
        case .null: "null"
        }
    }
}
