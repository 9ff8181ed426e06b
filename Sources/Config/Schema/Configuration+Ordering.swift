package import Matching

extension Configuration {
    /// Which messages of a route wait for one another.
    package enum Ordering: Sendable, Hashable {
        /// None does.
        case unordered
        /// Each waits for all before it.
        case ordered
        /// Each waits for those before it that have the same value at this place; messages without a value are together.
        case key(JSONPointer)
    }
}
