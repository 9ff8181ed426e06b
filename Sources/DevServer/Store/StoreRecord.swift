import NIOCore

/// One thing that happened to clients, subscriptions and groups, as the journal keeps it.
enum StoreRecord: Equatable, Sendable {
    struct Client: Equatable, Sendable {
        var id: String
        var connectionID: ByteBuffer
        var heartbeatInbox: String
    }

    struct Group: Hashable, Sendable {
        var channel: UInt64
        var name: String
    }

    struct Subscription: Equatable, Sendable {
        var number: UInt64
        var channel: UInt64
        /// False while a durable is offline.
        var isActive: Bool
        var clientID: String
        var inbox: String
        var ackInbox: String
        var durableName: String
        var groupName: String
        var maxInFlight: UInt64
        /// Nanoseconds.
        var ackWait: Int64
        var lastSent: UInt64
    }

    /// The first record of a journal.
    case server(clusterID: String)
    case clientAdded(Client)
    case clientRemoved(String)
    case groupAdded(Group, isDurable: Bool, lastSent: UInt64)
    case groupRemoved(Group)
    /// New, or changed in anything but what it has been sent and has acked.
    case subscription(Subscription)
    case subscriptionRemoved(UInt64)
    /// Messages were sent for the first time, to this subscription at least.
    case sent(UInt64, first: UInt64, last: UInt64)
    /// A message is not waited for any more: acked, gone, or with another member.
    case settled(UInt64, sequence: UInt64)
    case channelRemoved(UInt64)
    /// No channel or subscription will have one of these again.
    case numbersUsed(upTo: UInt64)

    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .server(let clusterID):
            buffer.writeInteger(UInt8(1))
            buffer.writeText(clusterID)
        case .clientAdded(let client):
            buffer.writeInteger(UInt8(2))
            buffer.writeText(client.id)
            buffer.writeInteger(UInt32(client.connectionID.readableBytes))
            buffer.writeImmutableBuffer(client.connectionID)
            buffer.writeText(client.heartbeatInbox)
        case .clientRemoved(let id):
            buffer.writeInteger(UInt8(3))
            buffer.writeText(id)
        case .groupAdded(let group, let isDurable, let lastSent):
            buffer.writeMultipleIntegers(UInt8(4), group.channel)
            buffer.writeText(group.name)
            buffer.writeMultipleIntegers(UInt8(isDurable ? 1 : 0), lastSent)
        case .groupRemoved(let group):
            buffer.writeMultipleIntegers(UInt8(5), group.channel)
            buffer.writeText(group.name)
        case .subscription(let subscription):
            buffer.writeMultipleIntegers(UInt8(6), subscription.number, subscription.channel)
            buffer.writeInteger(UInt8(subscription.isActive ? 1 : 0))
            for text in [
                subscription.clientID, subscription.inbox, subscription.ackInbox, subscription.durableName,
                subscription.groupName,
            ] {
                buffer.writeText(text)
            }
            buffer.writeMultipleIntegers(subscription.maxInFlight, subscription.ackWait, subscription.lastSent)
        case .subscriptionRemoved(let number):
            buffer.writeMultipleIntegers(UInt8(7), number)
        case .sent(let number, let first, let last):
            buffer.writeMultipleIntegers(UInt8(8), number, first, last)
        case .settled(let number, let sequence):
            buffer.writeMultipleIntegers(UInt8(9), number, sequence)
        case .channelRemoved(let channel):
            buffer.writeMultipleIntegers(UInt8(10), channel)
        case .numbersUsed(let number):
            buffer.writeMultipleIntegers(UInt8(11), number)
        }
    }

    /// - Returns: nil when the bytes are no record.
    init?(_ bytes: ByteBuffer) {
        var bytes = bytes
        guard let record = Self.read(&bytes), bytes.readableBytes == 0 else { return nil }
        self = record
    }

    private static func read(_ bytes: inout ByteBuffer) -> Self? {
        switch bytes.readInteger(as: UInt8.self) {
        case 1: return bytes.readText().map { .server(clusterID: $0) }
        case 2:
            guard
                let id = bytes.readText(),
                let connectionID = bytes.readLengthPrefixedSlice(as: UInt32.self),
                let inbox = bytes.readText()
            else { return nil }
            return .clientAdded(
                Client(id: id, connectionID: ByteBuffer(bytes: connectionID.readableBytesView), heartbeatInbox: inbox)
            )
        case 3: return bytes.readText().map { .clientRemoved($0) }
        case 4:
            guard
                let group = Self.readGroup(&bytes),
                let (isDurable, lastSent) = bytes.readMultipleIntegers(as: (UInt8, UInt64).self)
            else { return nil }
            return .groupAdded(group, isDurable: isDurable != 0, lastSent: lastSent)
        case 5: return Self.readGroup(&bytes).map { .groupRemoved($0) }
        case 6: return Self.readSubscription(&bytes).map { .subscription($0) }
        case 7: return bytes.readInteger().map { .subscriptionRemoved($0) }
        case 8:
            return bytes.readMultipleIntegers(as: (UInt64, UInt64, UInt64).self).map { .sent($0, first: $1, last: $2) }
        case 9: return bytes.readMultipleIntegers(as: (UInt64, UInt64).self).map { .settled($0, sequence: $1) }
        case 10: return bytes.readInteger().map { .channelRemoved($0) }
        case 11: return bytes.readInteger().map { .numbersUsed(upTo: $0) }
        default: return nil
        }
    }

    private static func readGroup(_ bytes: inout ByteBuffer) -> Group? {
        guard let channel = bytes.readInteger(as: UInt64.self), let name = bytes.readText() else { return nil }
        return Group(channel: channel, name: name)
    }

    private static func readSubscription(_ bytes: inout ByteBuffer) -> Subscription? {
        guard
            let (number, channel, isActive) = bytes.readMultipleIntegers(as: (UInt64, UInt64, UInt8).self),
            let clientID = bytes.readText(),
            let inbox = bytes.readText(),
            let ackInbox = bytes.readText(),
            let durableName = bytes.readText(),
            let groupName = bytes.readText(),
            let (maxInFlight, ackWait, lastSent) = bytes.readMultipleIntegers(as: (UInt64, Int64, UInt64).self)
        else { return nil }
        return Subscription(
            number: number,
            channel: channel,
            isActive: isActive != 0,
            clientID: clientID,
            inbox: inbox,
            ackInbox: ackInbox,
            durableName: durableName,
            groupName: groupName,
            maxInFlight: maxInFlight,
            ackWait: ackWait,
            lastSent: lastSent
        )
    }
}

extension ByteBuffer {
    fileprivate mutating func writeText(_ text: String) {
        self.writeInteger(UInt32(text.utf8.count))
        self.writeString(text)
    }

    fileprivate mutating func readText() -> String? {
        self.readLengthPrefixedSlice(as: UInt32.self).map { String(buffer: $0) }
    }
}
