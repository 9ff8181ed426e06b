import NIOCore

/// What the clocks say: one that only goes forward, and the one on the wall.
struct Moment {
    var monotonic: NIODeadline

    /// Nanoseconds since the Unix epoch.
    var wall: Int64
}
