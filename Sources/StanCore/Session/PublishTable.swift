import NATSTransport
import NIOCore

/// The published messages that wait for the server's ack.
///
/// A guid is a prefix of the session and a number that counts up, so that an ack is found without a table of strings; acks come
/// nearly in the order of the messages, so that the places are a queue. What is to be called is handed out, never called in here.
struct PublishTable {
    /// Is called once, with the error if there is one.
    typealias Completion = (StanError?) -> Void

    private struct Place {
        var completion: Completion?
        var deadline: NIODeadline
    }

    /// Where the acks go.
    let ackInbox = "_STAN.acks." + NUID.make()

    /// How many wait.
    private(set) var count = 0

    private let prefix: [UInt8]
    private let prefixText = NUID.make() + "."
    private let timeout: TimeAmount
    private var places: CircularBuffer<Place> = []

    /// The number of the first place.
    private var first: UInt64 = 1

    init(timeout: TimeAmount) {
        self.timeout = timeout
        self.prefix = Array(self.prefixText.utf8)
    }

    /// - Returns: the guid.
    mutating func add(now: NIODeadline, _ completion: @escaping Completion) -> String {
        let number = self.first + UInt64(self.places.count)
        self.places.append(Place(completion: completion, deadline: now + self.timeout))
        self.count += 1
        return self.prefixText + String(number)
    }

    /// - Returns: nil for a guid that is not ours or waits no longer.
    mutating func take(_ guid: String) -> Completion? {
        var guid = guid
        return guid.withUTF8 { self.take(UnsafeRawBufferPointer($0)) }
    }

    mutating func take(_ guid: UnsafeRawBufferPointer) -> Completion? {
        guard guid.count > self.prefix.count, guid.count <= self.prefix.count + 18, guid.starts(with: self.prefix) else {
            return nil
        }
        var number: UInt64 = 0
        for byte in guid[self.prefix.count...] {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number * 10 + UInt64(digit)
        }
        guard number >= self.first, number - self.first < UInt64(self.places.count) else { return nil }
        let index = self.places.index(self.places.startIndex, offsetBy: Int(number - self.first))
        guard let completion = self.places[index].completion else { return nil }
        self.places[index].completion = nil
        self.count -= 1
        self.dropDone()
        return completion
    }

    /// When the oldest runs out of time.
    var nextDeadline: NIODeadline? { self.places.first?.deadline }

    mutating func takeExpired(now: NIODeadline) -> [(guid: String, completion: Completion)] {
        var expired: [(String, Completion)] = []
        while let place = self.places.first, place.deadline <= now {
            if let completion = place.completion {
                expired.append((self.prefixText + String(self.first), completion))
                self.count -= 1
            }
            self.places.removeFirst()
            self.first += 1
        }
        self.dropDone()
        return expired
    }

    /// Takes out all that wait, oldest first.
    mutating func takeAll() -> [(guid: String, completion: Completion)] {
        var all: [(String, Completion)] = []
        for (offset, place) in self.places.enumerated() {
            if let completion = place.completion {
                all.append((self.prefixText + String(self.first + UInt64(offset)), completion))
            }
        }
        self.first += UInt64(self.places.count)
        self.places.removeAll()
        self.count = 0
        return all
    }

    private mutating func dropDone() {
        while let place = self.places.first, place.completion == nil {
            self.places.removeFirst()
            self.first += 1
        }
    }
}
