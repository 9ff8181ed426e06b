/// A message, also where a server that lost its store gives out its sequence a second time.
struct MessageID: Hashable, Comparable, CustomStringConvertible {
    /// How often the server had lost its store before.
    var generation: Int
    var sequence: UInt64

    var description: String { "\(self.generation):\(self.sequence)" }

    static func < (left: Self, right: Self) -> Bool {
        (left.generation, left.sequence) < (right.generation, right.sequence)
    }
}

/// What a STAN server does for one durable subscription: it sends what is due, again and again, until it is acked.
struct SimulatedServer {
    struct Message {
        var id: MessageID
        var timestamp: Int64
        var key: UInt8
        /// Whether the route's condition is true of it.
        var isWanted: Bool
    }

    struct Sent: CustomStringConvertible {
        var message: Message
        var redelivered: Bool

        var description: String {
            "\(self.message.id)\(self.redelivered ? " again" : "") key \(self.message.key)\(self.message.isWanted ? "" : " unwanted")"
        }
    }

    let maxInFlight: Int
    let ackWait: Int64

    private(set) var generation = 0

    /// What is stored; the sequences are 1 to its count.
    private(set) var stored: [Message] = []

    /// What was sent and not acked, with the time at which it is sent again.
    private(set) var pending: [UInt64: Int64] = [:]
    private(set) var acked: Set<UInt64> = []
    private var lastSent: UInt64 = 0

    /// Which session is subscribed, if one is. Acks of others go nowhere.
    private(set) var session: Int?

    init(maxInFlight: Int, ackWait: Int64) {
        self.maxInFlight = maxInFlight
        self.ackWait = ackWait
    }

    mutating func publish(key: UInt8, isWanted: Bool, now: Int64) {
        let id = MessageID(generation: self.generation, sequence: UInt64(self.stored.count) + 1)
        self.stored.append(Message(id: id, timestamp: now, key: key, isWanted: isWanted))
    }

    /// A session resumes the durable, or begins with the first message: all that is pending comes first, at once and whatever the
    /// window.
    mutating func subscribe(session: Int, now: Int64) -> [Sent] {
        self.session = session
        return self.pending.keys.sorted().map { self.sendAgain($0, now: now) }
    }

    mutating func sessionEnded() {
        self.session = nil
    }

    /// A memory store is restarted: messages, durables and clients are gone, and sequences begin with 1 again.
    mutating func forget() {
        self.generation += 1
        self.stored = []
        self.pending = [:]
        self.acked = []
        self.lastSent = 0
        self.session = nil
    }

    /// What the server sends at this time, if a session is there.
    mutating func send(now: Int64) -> [Sent] {
        guard self.session != nil else { return [] }
        var out = self.pending.filter { $0.value <= now }.keys.sorted().map { self.sendAgain($0, now: now) }
        while self.pending.count < self.maxInFlight, self.lastSent < UInt64(self.stored.count) {
            self.lastSent += 1
            self.pending[self.lastSent] = now + self.ackWait
            out.append(Sent(message: self.stored[Int(self.lastSent) - 1], redelivered: false))
        }
        return out
    }

    private mutating func sendAgain(_ sequence: UInt64, now: Int64) -> Sent {
        self.pending[sequence] = now + self.ackWait
        return Sent(message: self.stored[Int(sequence) - 1], redelivered: true)
    }

    mutating func ack(_ sequence: UInt64, session: Int) {
        guard session == self.session, self.pending.removeValue(forKey: sequence) != nil else { return }
        self.acked.insert(sequence)
    }

    var isDrained: Bool { self.acked.count == self.stored.count }
}
