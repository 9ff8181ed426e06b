import FoundationEssentials

/// Under which name the server's monitoring shows a subscription.
struct LagSubscription: Sendable, Equatable {
    var clientID = ""
    var durableName: String?
    var queueGroup: String?
    /// nil: there is no subscription at the moment.
    var inbox: String?
}

/// What the server's monitoring says of a channel, and how far behind it a subscription is by that. Pure.
struct ChannelLag: Decodable, Equatable {
    struct Subscription: Decodable, Equatable {
        var clientID: String
        var inbox: String
        var durableName: String?
        var queueName: String?
        var lastSent: UInt64
        var pendingCount: UInt64

        private enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case inbox
            case durableName = "durable_name"
            case queueName = "queue_name"
            case lastSent = "last_sent"
            case pendingCount = "pending_count"
        }
    }

    var firstSequence: UInt64
    var lastSequence: UInt64
    /// Absent when there are none.
    var subscriptions: [Subscription]?

    private enum CodingKeys: String, CodingKey {
        case firstSequence = "first_seq"
        case lastSequence = "last_seq"
        case subscriptions
    }

    /// - Throws: when it is not what the monitoring of NATS Streaming answers.
    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json))
    }

    /// How many messages of the channel have not been acked: those that wait in the server, and those that were sent and wait for their
    /// acks. Of a queue group, it is the group's.
    ///
    /// - Returns: nil when the server does not know the subscription.
    func behind(_ subscription: LagSubscription) -> UInt64? {
        let ours = (self.subscriptions ?? []).filter { Self.is($0, subscription) }
        guard let lastSent = ours.map(\.lastSent).max() else { return nil }
        // What the channel has let go of is not waited for.
        let done = max(lastSent, self.firstSequence == 0 ? 0 : self.firstSequence - 1)
        let waiting = self.lastSequence > done ? self.lastSequence - done : 0
        return ours.reduce(waiting) { sum, member in
            let (total, overflow) = sum.addingReportingOverflow(member.pendingCount)
            return overflow ? .max : total
        }
    }

    private static func `is`(_ shown: Subscription, _ ours: LagSubscription) -> Bool {
        if let group = ours.queueGroup {
            return shown.queueName == (ours.durableName.map { "\($0):\(group)" } ?? group)
        }
        // A durable keeps its place while it is offline, and so has no inbox of ours then.
        if let durable = ours.durableName {
            return shown.durableName == durable && shown.clientID == ours.clientID && (shown.queueName ?? "").isEmpty
        }
        return shown.inbox == ours.inbox
    }
}
