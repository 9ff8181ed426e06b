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

    /// What all guids begin with; the number follows in decimal digits.
    let guidPrefix: [UInt8]

    private let guidPrefixText = NUID.make() + "."
    private let timeout: TimeAmount
    private var places: CircularBuffer<Place> = []

    /// The number of the first place.
    private var first: UInt64 = 1

    init(timeout: TimeAmount) {
        self.timeout = timeout
        self.guidPrefix = Array(self.guidPrefixText.utf8)
    }

    /// - Returns: the number of the message. Its guid as a text is wanted only when something goes wrong: see `guid(of:)`.
    mutating func add(now: NIODeadline, _ completion: @escaping Completion) -> UInt64 {
        let number = self.first + UInt64(self.places.count)
        self.places.append(Place(completion: completion, deadline: now + self.timeout))
        self.count += 1
        return number
    }

    func guid(of number: UInt64) -> String { self.guidPrefixText + String(number) }

    /// - Returns: nil for a guid that is not ours or waits no longer.
    mutating func take(_ guid: String) -> Completion? {
        var guid = guid
        return guid.withUTF8 { self.take(UnsafeRawBufferPointer($0)) }
    }

    mutating func take(_ guid: UnsafeRawBufferPointer) -> Completion? {
        let prefixLength = self.guidPrefix.count
        guard guid.count > prefixLength, guid.count <= prefixLength + 18 else { return nil }
        for index in 0..<prefixLength where guid[index] != self.guidPrefix[index] { return nil }
        var number: UInt64 = 0
        for index in prefixLength..<guid.count {
            let digit = guid[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number * 10 + UInt64(digit)
        }
        return self.take(number)
    }

    mutating func take(_ number: UInt64) -> Completion? {
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
                expired.append((self.guid(of: self.first), completion))
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
                all.append((self.guid(of: self.first + UInt64(offset)), completion))
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
