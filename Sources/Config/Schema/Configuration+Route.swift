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

        /// The names of the sinks that must all take a message before it is acked: 1 to 64, none twice.
        package let to: [String]

        package let retry: Retry
    }
}
