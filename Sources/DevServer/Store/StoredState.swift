import NIOCore

/// What a store holds when a server starts.
struct StoredState: Sendable {
    struct Channel: Sendable {
        var number: UInt64
        var name: ByteBuffer
        var log: MessageLog
    }

    struct Subscription: Sendable {
        var record: StoreRecord.Subscription
        var pending: Set<UInt64> = []
    }

    struct Group: Sendable {
        var isDurable: Bool
        var lastSent: UInt64
    }

    /// Nil as long as nothing has been read.
    private(set) var clusterID: String?
    private(set) var clients: [StoreRecord.Client] = []
    private(set) var subscriptions: [UInt64: Subscription] = [:]
    private(set) var groups: [StoreRecord.Group: Group] = [:]
    /// Those the journal knows of; no other will have their numbers.
    private(set) var removedChannels: Set<UInt64> = []
    var channels: [Channel] = []

    /// The highest number that has been given to a channel or a subscription.
    private(set) var lastNumber: UInt64 = 0

    mutating func noteNumber(_ number: UInt64) { self.lastNumber = max(self.lastNumber, number) }

    mutating func apply(_ record: StoreRecord) {
        switch record {
        case .server(let clusterID):
            self.clusterID = clusterID
        case .clientAdded(let client):
            self.clients.removeAll { $0.id == client.id }
            self.clients.append(client)
        case .clientRemoved(let id):
            self.clients.removeAll { $0.id == id }
        case .groupAdded(let group, let isDurable, let lastSent):
            self.groups[group] = Group(isDurable: isDurable, lastSent: lastSent)
        case .groupRemoved(let group):
            self.groups[group] = nil
        case .subscription(let subscription):
            self.noteNumber(subscription.number)
            self.subscriptions[subscription.number, default: Subscription(record: subscription)].record = subscription
        case .subscriptionRemoved(let number):
            self.subscriptions[number] = nil
        case .sent(let number, let first, let last):
            // Never more than a channel can hold; a nonsensical range is passed over.
            guard let subscription = self.subscriptions[number], first <= last, last - first < 1 << 26 else { return }
            self.subscriptions[number]?.pending.formUnion(first...last)
            self.subscriptions[number]?.record.lastSent = max(subscription.record.lastSent, last)
            let group = StoreRecord.Group(channel: subscription.record.channel, name: subscription.record.groupName)
            if let lastSent = self.groups[group]?.lastSent { self.groups[group]?.lastSent = max(lastSent, last) }
        case .settled(let number, let sequence):
            self.subscriptions[number]?.pending.remove(sequence)
        case .numbersUsed(let number):
            self.noteNumber(number)
        case .channelRemoved(let channel):
            self.noteNumber(channel)
            self.removedChannels.insert(channel)
            self.subscriptions = self.subscriptions.filter { $0.value.record.channel != channel }
            self.groups = self.groups.filter { $0.key.channel != channel }
        }
    }
}
