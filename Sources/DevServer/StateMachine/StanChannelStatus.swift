import NIOCore

/// What a server holds of a channel, with the contents of a channel in `/streaming/channelsz` of the real one.
package struct StanChannelStatus: Sendable, Equatable {
    package struct Subscription: Sendable, Equatable {
        package var clientID: String
        package var inbox: String
        package var ackInbox: String
        package var durableName: String
        /// `durable:queue` for a durable group.
        package var queueName: String
        package var isDurable: Bool
        package var isOffline: Bool
        /// Seconds.
        package var ackWait: Int
        package var maxInFlight: Int
        package var lastSent: UInt64
        package var pendingCount: Int
        package var isStalled: Bool
    }

    package var name: String
    package var messages: Int
    package var bytes: Int
    /// One more than ``lastSequence`` when there are no messages.
    package var firstSequence: UInt64
    package var lastSequence: UInt64
    package var subscriptions: [Subscription]
}

extension StanServerStateMachine {
    /// All channels, by name.
    package func status() -> [StanChannelStatus] {
        var subscriptions: [ChannelKey: [StanChannelStatus.Subscription]] = [:]
        for id in self.subscriptions.ids {
            let subscription = self.subscriptions[id]
            subscriptions[subscription.channel, default: []].append(self.status(of: subscription))
        }
        return self.channels.ids.map { key in
            let channel = self.channels[key]
            return StanChannelStatus(
                name: channel.name,
                messages: channel.log.count,
                bytes: channel.log.bytes,
                firstSequence: channel.log.firstSequence,
                lastSequence: channel.log.lastSequence,
                subscriptions: subscriptions[key] ?? []
            )
        }.sorted { $0.name < $1.name }
    }

    /// All clients, by ID.
    package func clientStatus() -> [StanClientStatus] {
        self.clients.ids.map { key in
            let client = self.clients[key]
            let subscriptions = client.subscriptions.map { id in
                (self.channels[self.subscriptions[id].channel].name, self.status(of: self.subscriptions[id]))
            }
            return StanClientStatus(
                id: client.id,
                heartbeatInbox: client.heartbeatInbox,
                subscriptions: Dictionary(grouping: subscriptions) { $0.0 }.mapValues { $0.map(\.1) }
            )
        }.sorted { $0.id < $1.id }
    }

    private func status(of subscription: Subscription) -> StanChannelStatus.Subscription {
        var durableName = ""
        var queueName = ""
        var isDurable = false
        switch subscription.kind {
        case .plain: break
        case .durable(let key):
            durableName = key.name
            isDurable = true
        case .queueMember(let group):
            queueName = self.groups[group].name
            isDurable = self.groups[group].isDurable
        }
        return StanChannelStatus.Subscription(
            clientID: subscription.clientID,
            inbox: subscription.inbox,
            ackInbox: subscription.ackInbox,
            durableName: durableName,
            queueName: queueName,
            isDurable: isDurable,
            isOffline: subscription.client == nil,
            ackWait: Int(subscription.ackWait.nanoseconds / 1_000_000_000),
            maxInFlight: subscription.maxInFlight,
            lastSent: subscription.lastSent,
            pendingCount: subscription.pending.count,
            isStalled: subscription.isStalled
        )
    }
}
