import NIOCore

/// Names a durable subscription within its channel.
struct DurableKey: Hashable, Sendable {
    var clientID: String
    var name: String
}

struct Channel {
    let name: String
    /// The name as it came, for comparison with names in messages; it need not be UTF-8.
    let nameBytes: ByteBuffer

    var log: MessageLog

    /// Names it in a store.
    let number: UInt64

    /// The active subscriptions outside of queue groups, durable ones included.
    var subscriptions: [SubscriptionID] = []
    var groups: [QueueGroupKey] = []
    /// Active or offline.
    var durables: [DurableKey: SubscriptionID] = [:]

    /// Active and offline, in groups or not.
    var subscriptionCount = 0

    /// When the oldest message gets too old.
    var ageTimer: NIODeadline?
    /// When the server looks whether the channel is in use.
    var inactivityTimer: NIODeadline?
    /// The last publish, or the end of the last active subscription.
    var lastActivity: NIODeadline

    init(name: ByteBuffer, number: UInt64, log: MessageLog? = nil, now: NIODeadline) {
        // A copy: what came from the socket is a slice of a much larger buffer.
        let copy = ByteBuffer(bytes: name.readableBytesView)
        self.name = String(buffer: copy)
        self.nameBytes = copy
        self.log = log ?? MessageLog(channel: copy)
        self.number = number
        self.lastActivity = now
    }

    /// After which sequence a new subscription begins.
    ///
    /// - Parameter position: of the five the protocol knows.
    func sequenceBefore(
        _ position: StartPosition,
        wallClock: Int64
    ) -> UInt64 {
        let beforeFirst = self.log.firstSequence - 1
        switch position {
        case .newOnly:
            return self.log.lastSequence
        case .lastReceived:
            return self.log.lastSequence == 0 ? 0 : self.log.lastSequence - 1
        case .first:
            return beforeFirst
        case .sequence(let sequence):
            // One that does not exist yet is not waited for.
            if sequence > self.log.lastSequence { return self.log.lastSequence }
            return sequence <= self.log.firstSequence ? beforeFirst : sequence - 1
        case .ago(let nanoseconds):
            guard nanoseconds > 0 else { return self.log.lastSequence }
            let (time, overflow) = wallClock.subtractingReportingOverflow(nanoseconds)
            return self.log.firstSequence(notBefore: overflow ? .min : time) - 1
        }
    }
}
