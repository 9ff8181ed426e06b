import NIOCore
import StanCore

/// One subscription: a plain one, a durable one, or a member of a queue group.
struct Subscription {
    enum Kind: Equatable {
        case plain
        case durable(DurableKey)
        case queueMember(QueueGroupKey)
    }

    let channel: ChannelKey
    let kind: Kind

    /// Names it in a store, in all of a durable's lives.
    let number: UInt64

    /// Nil while a durable is offline.
    var client: ClientKey?
    var clientID: String
    var inbox: String
    var ackInbox: String
    var maxInFlight: Int
    var ackWait: TimeAmount

    /// The last new message that was sent. The members of a queue group share their group's instead.
    var lastSent: UInt64 = 0

    var pending = PendingMessages()

    /// When the server looks for messages to send again. Set when the first message goes out and not moved by acks, so that
    /// an ack costs no timer.
    var timer: NIODeadline?

    /// The client has not answered the last heartbeat.
    var hasFailedHeartbeat = false

    var isQueueMember: Bool {
        if case .queueMember = self.kind { true } else { false }
    }

    var isStalled: Bool { self.pending.count >= self.maxInFlight }

    mutating func send(
        _ message: MessageLog.Message,
        sequence: UInt64,
        now: NIODeadline,
        into actions: inout [StanServerStateMachine.Action]
    ) {
        actions.append(.publish(subject: self.inbox, payload: message.encoded))
        self.pending.append(sequence, due: now + self.ackWait)
    }

    /// Sends what is new and fits.
    mutating func sendNew(from log: MessageLog, now: NIODeadline, into actions: inout [StanServerStateMachine.Action]) {
        while self.lastSent < log.lastSequence, !self.isStalled {
            let sequence = max(self.lastSent + 1, log.firstSequence)
            guard let message = log[sequence] else { return }
            self.send(message, sequence: sequence, now: now, into: &actions)
            self.lastSent = sequence
        }
    }

    /// Sends again a message that has been sent before, here or to another member of the group. Not held back by the limit
    /// of messages in flight.
    ///
    /// - Parameter due: when it was due; the next time is one ack wait later, so that each message keeps its own pace.
    mutating func sendAgain(
        _ message: MessageLog.Message,
        sequence: UInt64,
        redeliveries: UInt32,
        due: NIODeadline,
        now: NIODeadline,
        into actions: inout [StanServerStateMachine.Action]
    ) {
        var encoded = message.encoded
        encoded.writeInteger(UInt8(6 << 3))
        encoded.writeInteger(UInt8(1))
        encoded.writeInteger(UInt8(7 << 3))
        encoded.writeVarint(UInt64(redeliveries))
        actions.append(.publish(subject: self.inbox, payload: encoded))
        let next = due + self.ackWait
        self.pending.append(sequence, due: next > now ? next : now + self.ackWait, redeliveries: redeliveries)
    }
}
