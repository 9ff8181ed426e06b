/// What a server holds of a client, with the contents of a client in `/streaming/clientsz` of the real one.
package struct StanClientStatus: Sendable, Equatable {
    package var id: String
    package var heartbeatInbox: String
    /// By channel.
    package var subscriptions: [String: [StanChannelStatus.Subscription]]
}
