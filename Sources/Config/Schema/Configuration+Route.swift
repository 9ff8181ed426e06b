extension Configuration {
    /// A member of `routes`.
    package struct Route: Sendable, Hashable {
        /// Unique in the file. No control characters and no `/`.
        package let name: String

        /// The channel to read: a NATS subject without wildcards.
        package let channel: String

        /// With it the server remembers over restarts what was acked.
        package let durableName: String?

        /// The queue group that shares the channel's messages.
        package let queue: String?

        /// Where a subscription starts that the server does not know yet. Default `newOnly`.
        package let startAt: StartPosition

        /// How many messages the server may have sent without an ack, 1...Int32.max. Default 1024.
        package let maxInflight: Int32

        /// After how long without an ack the server sends a message again; whole seconds, at least one. Default 30 s.
        package let ackWait: Duration

        /// The names of the sinks that must all take a message before it is acked: 1 to 32, none twice.
        package let to: [String]

        /// Default `unordered`.
        package let ordering: Ordering

        /// Which messages are delivered; the others are acked at once. Default nil: all.
        package let when: Condition?

        package let retry: Retry

        /// The name of the sink that takes what could not be delivered; none of `to`. Nil only where `retry.maxAttempts` is 0.
        package let deadLetter: String?

        /// The names of all sinks that the route can need.
        package var allSinks: [String] { self.to + (self.deadLetter.map { [$0] } ?? []) }
    }
}
