/// What a STAN server does for one durable subscription: it sends what is due, again and again, until it is acked.
struct SimulatedServer {
    let maxInFlight: Int
    let ackWait: Int64

    /// How many messages there are; their sequences are 1 to this.
    private(set) var stored: UInt64 = 0

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

    mutating func publish() {
        self.stored += 1
    }

    /// A session resumes the durable: all that is pending comes first, at once and whatever the window.
    mutating func subscribe(session: Int, now: Int64) -> [(sequence: UInt64, redelivered: Bool)] {
        self.session = session
        let again = self.pending.keys.sorted()
        for sequence in again { self.pending[sequence] = now + self.ackWait }
        return again.map { ($0, true) }
    }

    mutating func sessionEnded() {
        self.session = nil
    }

    /// What the server sends at this time, if a session is there.
    mutating func send(now: Int64) -> [(sequence: UInt64, redelivered: Bool)] {
        guard self.session != nil else { return [] }
        var out: [(UInt64, Bool)] = []
        for sequence in self.pending.filter({ $0.value <= now }).keys.sorted() {
            self.pending[sequence] = now + self.ackWait
            out.append((sequence, true))
        }
        while self.pending.count < self.maxInFlight, self.lastSent < self.stored {
            self.lastSent += 1
            self.pending[self.lastSent] = now + self.ackWait
            out.append((self.lastSent, false))
        }
        return out
    }

    mutating func ack(_ sequence: UInt64, session: Int) {
        guard session == self.session, self.pending.removeValue(forKey: sequence) != nil else { return }
        self.acked.insert(sequence)
    }

    var isDrained: Bool { self.acked.count == Int(self.stored) }
}
