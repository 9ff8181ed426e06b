extension Configuration {
    /// A sink of type `stan`: publishes on the session that the messages came by.
    package struct StanSink: Sendable, Hashable {
        /// The channel to publish to. Filled in for any route that uses the sink, it is a valid channel, and not the one that the
        /// route reads.
        package let channel: ChannelTemplate
    }
}
