import NIOCore
import Testing

@testable import Delivery

@Suite("What waits for an endpoint")
struct HTTPQueueTests {
    private final class Route {}
    private typealias Queue = HTTPQueue<Route>

    private static func deliveries(_ sequences: some Sequence<UInt64>, bytes: Int = 2) -> [Delivery] {
        sequences.map { sequence in
            let body = ByteBuffer(repeating: 0x20, count: bytes)
            return Delivery(envelope: Envelope(sequence: sequence, timestamp: 0, redelivered: false, body: body), attempt: 1)
        }
    }

    private static func sequences(_ parcel: HTTPParcel) -> [UInt64] {
        var sequences: [UInt64] = []
        parcel.forEachSequence { sequences.append($0) }
        return sequences
    }

    /// All that leaves now.
    private static func leaving(_ queue: inout Queue, at seconds: Double, isHurried: Bool = false) -> [[UInt64]] {
        var leaving: [[UInt64]] = []
        while let (parcel, _) = queue.next(now: .at(seconds), isHurried: isHurried) { leaving.append(Self.sequences(parcel)) }
        return leaving
    }

    private static let batching = Queue.Batching(maxMessages: 3, maxBytes: 1 << 20, maxWait: .seconds(1))

    @Test("without batching each message leaves by itself, at once, in the order in which they came")
    func singles() {
        var queue = Queue(nil)
        let (a, b) = (Route(), Route())
        #expect(queue.readiness(now: .at(0), isHurried: false) == .empty)
        queue.append(Self.deliveries(1...2), of: a, now: .at(0))
        queue.append(Self.deliveries([7]), of: b, now: .at(0))
        queue.append(Self.deliveries([3]), of: a, now: .at(0))
        #expect(queue.readiness(now: .at(0), isHurried: false) == .ready)
        var routes: [ObjectIdentifier] = []
        var sequences: [UInt64] = []
        while let (parcel, route) = queue.next(now: .at(0), isHurried: false) {
            guard case .single(let delivery) = parcel else { return #expect(Bool(false), "a batch") }
            routes.append(ObjectIdentifier(route))
            sequences.append(delivery.envelope.sequence)
        }
        #expect(sequences == [1, 2, 7, 3])
        #expect(routes == [a, a, b, a].map { ObjectIdentifier($0) })
        #expect(queue.isEmpty)
    }

    @Test("a batch leaves when it is full; what is over waits until the first of it has waited long enough")
    func full() {
        var queue = Queue(Self.batching)
        let route = Route()
        queue.append(Self.deliveries(1...2), of: route, now: .at(0))
        #expect(queue.readiness(now: .at(0), isHurried: false) == .wait(until: .at(1)))
        #expect(Self.leaving(&queue, at: 0) == [])
        queue.append(Self.deliveries(3...7), of: route, now: .at(0.5))
        #expect(queue.readiness(now: .at(0.5), isHurried: false) == .ready)
        #expect(Self.leaving(&queue, at: 0.5) == [[1, 2, 3], [4, 5, 6]])
        #expect(queue.readiness(now: .at(0.5), isHurried: false) == .wait(until: .at(1.5)))
        #expect(Self.leaving(&queue, at: 1.4) == [])
        #expect(Self.leaving(&queue, at: 1.5) == [[7]])
        #expect(queue.isEmpty)
    }

    @Test("a batch has no more bytes than it may, but for a message that has more by itself")
    func bytes() {
        var queue = Queue(.init(maxMessages: 100, maxBytes: 1000, maxWait: .seconds(1)))
        let route = Route()
        // With their envelopes, three of 200 bytes fit and a fourth does not.
        queue.append(Self.deliveries(1...3, bytes: 200), of: route, now: .at(0))
        #expect(queue.readiness(now: .at(0), isHurried: false) == .wait(until: .at(1)))
        queue.append(Self.deliveries(4...4, bytes: 200), of: route, now: .at(0))
        #expect(Self.leaving(&queue, at: 0) == [[1, 2, 3]])
        queue.append(Self.deliveries(5...6, bytes: 5000), of: route, now: .at(0))
        #expect(Self.leaving(&queue, at: 0) == [[4], [5], [6]])
        #expect(queue.isEmpty)
    }

    @Test("messages of different routes are never in one batch, and routes take turns")
    func routes() {
        var queue = Queue(Self.batching)
        let (a, b) = (Route(), Route())
        queue.append(Self.deliveries(1...9), of: a, now: .at(0))
        queue.append(Self.deliveries(101...106), of: b, now: .at(0))
        #expect(Self.leaving(&queue, at: 0) == [[1, 2, 3], [101, 102, 103], [4, 5, 6], [104, 105, 106], [7, 8, 9]])
    }

    @Test("a batch is in the order of the sequences, wherever retries have come in")
    func order() {
        var queue = Queue(Self.batching)
        queue.append(Self.deliveries([8, 9, 2]), of: Route(), now: .at(0))
        #expect(Self.leaving(&queue, at: 0) == [[2, 8, 9]])
    }

    @Test("in a hurry what there is leaves without waiting for more")
    func hurried() {
        var queue = Queue(Self.batching)
        let route = Route()
        queue.append(Self.deliveries([1]), of: route, now: .at(0))
        #expect(queue.readiness(now: .at(0), isHurried: true) == .ready)
        #expect(Self.leaving(&queue, at: 0, isHurried: true) == [[1]])
    }

    @Test("halves of a batch leave as they are before all else, and down to single messages", arguments: [2, 3, 7, 100])
    func halves(count: UInt64) throws {
        var queue = Queue(.init(maxMessages: 100, maxWait: .seconds(1)))
        let route = Route()
        queue.append(Self.deliveries(1...count), of: route, now: .at(0))
        queue.append(Self.deliveries([500]), of: Route(), now: .at(0))
        // The endpoint takes nothing but single messages: all come to be alone, in order, each once.
        var alone: [UInt64] = []
        while alone.count < count, let (parcel, route) = queue.next(now: .at(1), isHurried: false) {
            if let halves = parcel.halves {
                queue.append(halves: halves, of: route)
            } else {
                alone += Self.sequences(parcel)
            }
        }
        #expect(alone == Array(1...count))
        #expect(Self.leaving(&queue, at: 1) == [[500]])
    }

    @Test("all that waits can be taken out, each message once", arguments: [true, false])
    func removeAll(isBatching: Bool) {
        var queue = Queue(isBatching ? Self.batching : nil)
        let route = Route()
        queue.append(Self.deliveries(1...4), of: route, now: .at(0))
        let (parcel, _) = queue.next(now: .at(0), isHurried: false) ?? (.batch([]), route)
        if let halves = parcel.halves { queue.append(halves: halves, of: route) }
        var removed: [UInt64] = []
        queue.removeAll { sequence, of in
            #expect(of === route)
            removed.append(sequence)
        }
        #expect(removed.sorted() == (isBatching ? [1, 2, 3, 4] : [2, 3, 4]))
        #expect(queue.isEmpty)
        #expect(queue.readiness(now: .at(9), isHurried: true) == .empty)
    }
}
