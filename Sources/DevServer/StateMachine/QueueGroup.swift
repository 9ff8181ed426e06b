import NIOCore

/// Subscriptions that share the messages of a channel.
struct QueueGroup {
    let channel: ChannelKey

    /// The group's name; that of a durable group is `durable:queue`.
    let name: String

    /// Outlives its last member, unless that one unsubscribes.
    let isDurable: Bool

    /// The last new message that was sent to any member.
    var lastSent: UInt64

    /// In the order of whose turn it is.
    var members: [SubscriptionID] = []

    /// Keeps the unacked messages of the last member while a durable group has none.
    var shadow: SubscriptionID?

    /// Picks the member for a message: the one with the fewest unacked messages; of several the one at the front, which then
    /// goes to the back.
    ///
    /// - Parameter evenIfStalled: for messages that are sent again, which go out in any case.
    mutating func pick(from subscriptions: SlotMap<SubscriptionTag, Subscription>, evenIfStalled: Bool) -> SubscriptionID? {
        var best: Int?
        var bestRank = (unfit: Int.max, pending: Int.max)
        for index in self.members.indices {
            let rank = Self.rank(subscriptions[self.members[index]], evenIfStalled: evenIfStalled)
            if let rank, rank < bestRank {
                best = index
                bestRank = rank
            }
        }
        guard let best else { return nil }
        let member = self.members[best]
        if best == 0, self.members.count > 1 {
            self.members.removeFirst()
            self.members.append(member)
        }
        return member
    }

    private static func rank(_ member: Subscription, evenIfStalled: Bool) -> (unfit: Int, pending: Int)? {
        guard evenIfStalled || !member.isStalled else { return nil }
        return (unfit: (member.hasFailedHeartbeat ? 2 : 0) + (member.isStalled ? 1 : 0), pending: member.pending.count)
    }
}
