extension Configuration {
    /// The `stan` section.
    package struct Stan: Sendable, Hashable {
        package let clusterID: String

        /// Letters, digits, `-` and `_`. Durables belong to it.
        package let clientID: String

        /// For the connect request, and for every other request of the session. Default 2 s.
        package let connectTimeout: Duration

        /// Between two pings to the server; whole seconds, at least one. Default 5 s.
        package let pingInterval: Duration

        /// How many pings may go unanswered before the session counts as lost; at least 2. Default 3.
        package let pingMaxOut: Int32

        /// How many publishes may wait for their acks. Default 16384.
        package let maxPubAcksInflight: Int32

        /// What stands before the cluster id in the subject of the connect request. Default `_STAN.discover`.
        package let discoverPrefix: String

        /// Where the server's monitoring listens, without what follows from `/streaming` on; nil: nobody is asked. Default nil.
        package let monitoringURL: HTTPURL?
    }
}
