/// The subjects on which a server with a given cluster ID is spoken to.
package struct StanServerSubjects: Sendable {
    package let connect: String
    package let ping: String
    /// A client appends a dot and the channel.
    package let publishPrefix: String
    package let subscribe: String
    package let unsubscribe: String
    package let closeSubscription: String
    package let close: String

    /// The subject, with a wildcard for the channel, on which publishes arrive.
    package var publish: String { self.publishPrefix + ".>" }

    package init(_ options: StanServerOptions) {
        let cluster = options.clusterID
        self.connect = "\(options.discoverPrefix).\(cluster)"
        self.ping = "\(options.discoverPrefix).\(cluster).pings"
        self.publishPrefix = "_STAN.pub.\(cluster)"
        self.subscribe = "_STAN.sub.\(cluster)"
        self.unsubscribe = "_STAN.unsub.\(cluster)"
        self.closeSubscription = "_STAN.subclose.\(cluster)"
        self.close = "_STAN.close.\(cluster)"
    }
}
