public import NIOCore

/// How a STAN session is made and kept.
public struct StanConfiguration: Sendable {
    /// The cluster id of the STAN server.
    public var clusterID: String

    /// Letters, digits, `-` and `_`. No two clients can be connected with the same id at once; durables belong to it.
    public var clientID: String

    /// How long connect, subscribe, unsubscribe and close requests wait for their answer. 2 s.
    public var requestTimeout = TimeAmount.seconds(2)

    /// How long a published message waits for its ack. 30 s.
    public var pubAckTimeout = TimeAmount.seconds(30)

    /// How many published messages may wait for their acks; further ones wait for a place. 16,384.
    public var maxPubAcksInFlight = 16_384

    /// Between two pings that ask the server whether the session still lives: whole seconds, at least 1. 5 s.
    public var pingInterval = TimeAmount.seconds(5)

    /// How many pings in a row may be unanswered, at least 2; at the next the session is lost. 3.
    public var pingMaxOut = 3

    /// The first part of the subject that connect requests go to. `_STAN.discover`.
    public var discoverPrefix = "_STAN.discover"

    public init(clusterID: String, clientID: String) {
        self.clusterID = clusterID
        self.clientID = clientID
    }

    /// Refuses what a server would refuse, or what it would take and then behave strangely.
    func validate() throws(StanError) {
        guard !self.clusterID.isEmpty else { throw StanError(.invalidArgument, "the cluster id is empty") }
        guard StanClientID.isValid(self.clientID) else {
            throw StanError(
                .invalidArgument,
                "the client id \"\(self.clientID)\" has other characters than letters, digits, - and _"
            )
        }
        guard self.pingInterval >= .seconds(1) else {
            throw StanError(.invalidArgument, "the ping interval must be at least 1 s")
        }
        guard self.pingMaxOut >= 2 else { throw StanError(.invalidArgument, "the number of unanswered pings must be at least 2") }
        guard self.maxPubAcksInFlight >= 1 else {
            throw StanError(.invalidArgument, "at least one published message must be allowed to wait for its ack")
        }
    }
}
