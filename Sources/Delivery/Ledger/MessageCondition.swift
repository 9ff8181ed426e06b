package import Matching
package import NIOCore

/// Which messages a route takes, by what is in them.
///
/// A comparison with a value that is not there is false, whatever it compares with; a body that is not valid JSON has no values,
/// and the empty pointer leads nowhere in it. `not` turns every answer around, so that it is true of those too.
package indirect enum MessageCondition: Sendable {
    /// About the value that a pointer leads to.
    case value(JSONPointer, ValueCondition)

    /// Each of them; of none, true.
    case all([MessageCondition])

    /// At least one of them; of none, false.
    case any([MessageCondition])

    case not(MessageCondition)

    /// Whether a message is one of those. Takes time in proportion to the body for each pointer, and for each pattern as ``Pattern``
    /// says.
    package func matches(_ body: ByteBuffer) -> Bool {
        body.withUnsafeReadableBytes { self.holds(for: JSONDocument($0)) }
    }

    private func holds(for document: JSONDocument?) -> Bool {
        switch self {
        case .value(let pointer, let condition): condition.holds(for: document?.value(at: pointer))
        case .all(let conditions): conditions.allSatisfy { $0.holds(for: document) }
        case .any(let conditions): conditions.contains { $0.holds(for: document) }
        case .not(let condition): !condition.holds(for: document)
        }
    }
}
