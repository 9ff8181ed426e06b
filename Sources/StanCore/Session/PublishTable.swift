import NATSTransport
import NIOCore

/// The published messages that wait for the server's ack.
///
/// A guid is a prefix of the session and a number that counts up, so that an ack is found without a table of strings; acks come
/// nearly in the order of the messages, so that the places are a queue. Promises are handed out, never completed in here.
struct PublishTable {
    private struct Place {
        var promise: EventLoopPromise<Void>?
        var deadline: NIODeadline
    }

    /// Where the acks go.
    let ackInbox = "_STAN.acks." + NUID.make()

    /// How many wait.
    private(set) var count = 0

    private let prefix = NUID.make() + "."
    private let timeout: TimeAmount
    private var places: CircularBuffer<Place> = []

    /// The number of the first place.
    private var first: UInt64 = 1

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    mutating func add(_ promise: EventLoopPromise<Void>, now: NIODeadline) -> String {
        let number = self.first + UInt64(self.places.count)
        self.places.append(Place(promise: promise, deadline: now + self.timeout))
        self.count += 1
        return self.prefix + String(number)
    }

    /// - Returns: nil for a guid that is not ours or waits no longer.
    mutating func take(_ guid: String) -> EventLoopPromise<Void>? {
        guard guid.hasPrefix(self.prefix), let number = UInt64(guid.utf8.dropFirst(self.prefix.utf8.count).asString),
            number >= self.first, number - self.first < UInt64(self.places.count)
        else { return nil }
        let index = self.places.index(self.places.startIndex, offsetBy: Int(number - self.first))
        guard let promise = self.places[index].promise else { return nil }
        self.places[index].promise = nil
        self.count -= 1
        self.dropDone()
        return promise
    }

    /// When the oldest runs out of time.
    var nextDeadline: NIODeadline? { self.places.first?.deadline }

    mutating func takeExpired(now: NIODeadline) -> [(guid: String, promise: EventLoopPromise<Void>)] {
        var expired: [(String, EventLoopPromise<Void>)] = []
        while let place = self.places.first, place.deadline <= now {
            if let promise = place.promise {
                expired.append((self.prefix + String(self.first), promise))
                self.count -= 1
            }
            self.places.removeFirst()
            self.first += 1
        }
        self.dropDone()
        return expired
    }

    mutating func takeAll() -> [EventLoopPromise<Void>] {
        let promises = self.places.compactMap(\.promise)
        self.first += UInt64(self.places.count)
        self.places.removeAll()
        self.count = 0
        return promises
    }

    private mutating func dropDone() {
        while let place = self.places.first, place.promise == nil {
            self.places.removeFirst()
            self.first += 1
        }
    }
}

extension Substring.UTF8View {
    fileprivate var asString: Substring { Substring(self) }
}
