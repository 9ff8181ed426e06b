import NIOCore

/// A client that has a session.
struct Client {
    let id: String
    /// Empty for a client of protocol 0.
    let connectionID: ByteBuffer
    let heartbeatInbox: String

    var record: StoreRecord.Client {
        StoreRecord.Client(id: self.id, connectionID: self.connectionID, heartbeatInbox: self.heartbeatInbox)
    }

    /// In the order they were made.
    var subscriptions: [SubscriptionID] = []

    /// Heartbeats that failed since the last one that did not.
    var failedHeartbeats = 0

    /// When the next heartbeat goes out; nil while one is out.
    var heartbeatDue: NIODeadline?
}
