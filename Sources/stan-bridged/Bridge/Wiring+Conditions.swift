import Config
import Delivery
import Matching
import NIOCore

extension Wiring {
    static func ordering(_ ordering: Configuration.Ordering) -> RouteLedger.Ordering {
        switch ordering {
        case .unordered: .unordered
        case .ordered: .ordered
        case .key(let pointer): .keyed { pointer.key(in: $0) }
        }
    }

    static func isWanted(_ condition: Configuration.Condition) -> @Sendable (ByteBuffer) -> Bool {
        let condition = Self.condition(condition)
        return { condition.matches($0) }
    }

    static func condition(_ condition: Configuration.Condition) -> MessageCondition {
        switch condition {
        case .value(let pointer, let test): .value(pointer, Self.condition(test))
        case .all(let conditions): .all(conditions.map(Self.condition))
        case .any(let conditions): .any(conditions.map(Self.condition))
        case .not(let condition): .not(Self.condition(condition))
        }
    }

    private static func condition(_ test: Configuration.Condition.Test) -> ValueCondition {
        switch test {
        case .equals(let value): .equals(Self.scalar(value))
        case .oneOf(let values): .isOneOf(values.map(Self.scalar))
        case .matches(let pattern): .matches(pattern)
        case .exists(let exists): .exists(exists)
        }
    }

    private static func scalar(_ value: Configuration.Condition.Scalar) -> JSONScalar {
        switch value {
        case .string(let text): .string(text)
        case .number(let text): .number(text)
        case .bool(let value): .bool(value)
        case .null: .null
        }
    }
}
