public import NIOCore

/// What a subscription asks of the server.
public struct StanSubscriptionOptions: Sendable {
    /// Where a subscription that the server does not know yet begins to read. A durable that it knows goes on where it was.
    public enum Start: Sendable, Equatable {
        /// What is published from now on.
        case newOnly
        /// The last message stored, then new ones.
        case lastReceived
        /// All that the server still has.
        case first
        /// This sequence. If it is below the oldest stored, the oldest; if it is above the newest, new ones only.
        case sequence(UInt64)
        /// What was stored at or after this time: nanoseconds since the Unix epoch.
        case time(Int64)
        /// What was stored this long ago or later, by the server's clock.
        case ago(TimeAmount)
    }

    public var start = Start.newOnly

    /// Under this name the server remembers the position, for this client id and channel, or for the queue group.
    public var durableName: String?

    /// Members of a queue group share the messages of the channel between them.
    public var queueGroup: String?

    /// How many messages may be unacked before the server waits, at least 1. 1024.
    public var maxInFlight: Int32 = 1024

    /// After how long an unacked message is sent again: whole seconds, at least 1. 30 s.
    public var ackWait = TimeAmount.seconds(30)

    public init() {}

    /// Refuses what cannot be put on the wire, or means something else there.
    func validate() throws(StanError) {
        guard self.maxInFlight >= 1 else {
            throw StanError(.invalidArgument, "the number of messages in flight must be at least 1")
        }
        guard self.ackWait >= .seconds(1), self.ackWait.nanoseconds % 1_000_000_000 == 0,
            self.ackWait.nanoseconds / 1_000_000_000 <= Int64(Int32.max)
        else {
            throw StanError(.invalidArgument, "the ack wait must be whole seconds, at least 1: the protocol has no fractions")
        }
        guard let group = self.queueGroup else { return }
        guard !group.contains(":") else {
            throw StanError(.invalidArgument, "the queue group \"\(group)\" contains \":\", by which servers tell durable groups")
        }
        guard self.durableName?.contains(":") != true else {
            throw StanError(.invalidArgument, "the durable name of a queue group must not contain \":\"")
        }
    }

    func request(clientID: String, channel: String, inbox: String, now: Int64) -> StanWire.SubscriptionRequest {
        var request = StanWire.SubscriptionRequest()
        request.clientID = clientID
        request.subject = channel
        request.queueGroup = self.queueGroup ?? ""
        request.durableName = self.durableName ?? ""
        request.inbox = inbox
        request.maxInFlight = self.maxInFlight
        request.ackWaitInSecs = Int32(clamping: self.ackWait.nanoseconds / 1_000_000_000)
        let position: StanWire.StartPosition
        switch self.start {
        case .newOnly: position = .newOnly
        case .lastReceived: position = .lastReceived
        case .first: position = .first
        case .sequence(let sequence):
            position = .sequenceStart
            request.startSequence = sequence
        case .time(let time):
            // The server subtracts it from its own clock, so that the difference between the clocks does not count. The future
            // means new messages only, as 0 does; but a server would compute far beyond the end of its clock, and begin at the first.
            position = .timeDeltaStart
            let (delta, overflow) = now.subtractingReportingOverflow(time)
            request.startTimeDelta = overflow ? (time < 0 ? .max : 0) : max(0, delta)
        case .ago(let duration):
            position = .timeDeltaStart
            request.startTimeDelta = max(0, duration.nanoseconds)
        }
        request.startPosition = position.rawValue
        return request
    }
}
