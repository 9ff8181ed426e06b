package import NIOCore

/// One message of a channel on its way to the sinks, as the STAN server sent it.
package struct Envelope: Sendable {
    /// The message's number in its channel, from 1.
    package var sequence: UInt64

    /// When the server stored the message: nanoseconds since the Unix epoch.
    package var timestamp: Int64

    /// Whether the server said that it had sent the message before. The first copy may never have arrived.
    package var redelivered: Bool

    /// The message's bytes: a slice of the buffer they were read into, not a copy.
    package var body: ByteBuffer

    package init(sequence: UInt64, timestamp: Int64, redelivered: Bool, body: ByteBuffer) {
        self.sequence = sequence
        self.timestamp = timestamp
        self.redelivered = redelivered
        self.body = body
    }
}

/// What all messages of one route have in common. Made once a route; sinks may keep by it what they build from it.
package final class RouteContext: Sendable {
    /// The route's name in the configuration, unique in the daemon.
    package let route: String

    /// The STAN channel the route reads.
    package let channel: String

    /// The STAN cluster id.
    package let cluster: String

    /// The STAN client id of the session.
    package let clientID: String

    /// The names of the route's sinks, in the order in which they are numbered.
    package let sinkNames: [String]

    package init(route: String, channel: String, cluster: String, clientID: String, sinkNames: [String] = []) {
        self.route = route
        self.channel = channel
        self.cluster = cluster
        self.clientID = clientID
        self.sinkNames = sinkNames
    }

    /// - Returns: the name of a sink, or its number where names are not known.
    package func sinkName(_ sink: Int) -> String {
        self.sinkNames.indices.contains(sink) ? self.sinkNames[sink] : String(sink)
    }
}
