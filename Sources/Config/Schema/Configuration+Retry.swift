extension Configuration {
    /// The `retry` section of a route: when a failed delivery is tried again.
    package struct Retry: Sendable, Hashable {
        /// The wait after the first failure. Default 1 s.
        package let initial: Duration

        /// The longest wait, at least `initial`. Default 5 min.
        package let max: Duration

        /// What each wait is longer than the one before, 1...1000. Default 2.
        package let multiplier: Double

        /// By which part of itself a wait may be shorter or longer, 0...1. Default 0.2.
        package let jitter: Double

        /// After how many attempts a delivery is given up, and the message goes to the route's dead letters; 0 is never. Default 0.
        package let maxAttempts: UInt32

        static let standard = Retry(initial: .seconds(1), max: .seconds(300), multiplier: 2, jitter: 0.2, maxAttempts: 0)
    }
}
