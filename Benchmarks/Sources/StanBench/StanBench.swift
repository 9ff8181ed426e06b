import Glibc
import NIOCore
import StanCore

/// Does what the C peers do, with StanCore, and prints the same line.
///
/// `StanBench receive|publish|spread URL CLUSTER CHANNEL COUNT SIZE-OR-MAX-IN-FLIGHT`; `spread` publishes to a thousand channels, the
/// same number to each, whose names are CHANNEL and a number.
@main
struct StanBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 7, let count = Int(arguments[5]), let number = Int32(arguments[6]) else {
            print("usage: StanBench receive|publish|spread URL CLUSTER CHANNEL COUNT SIZE-OR-MAX-IN-FLIGHT")
            exit(EX_USAGE)
        }
        let client = try await StanClient.connect(
            to: [arguments[2]],
            configuration: StanConfiguration(clusterID: arguments[3], clientID: "bench-\(getpid())")
        )
        let channel = arguments[4]
        switch arguments[1] {
        case "receive": try await self.receive(client, channel, count, maxInFlight: number)
        case "spread": try await self.spread(client, channel, count, size: Int(number))
        default: try await self.publish(client, channel, count, size: Int(number))
        }
        try await client.close()
    }

    /// The clock stops with the last message, as that of the C peer does. The CPU is counted until all acks are out.
    private static func receive(_ client: StanClient, _ channel: String, _ count: Int, maxInFlight: Int32) async throws {
        var options = StanSubscriptionOptions()
        options.start = .first
        options.maxInFlight = maxInFlight
        var measurement = Measurement()
        let subscription = try await client.subscribe(to: channel, options: options)
        var received = 0
        for await batch in subscription.batches {
            received += batch.count
            subscription.ack(batch)
            if received >= count { break }
        }
        measurement.stopClock()
        try await subscription.close()
        measurement.print("received", received)
    }

    /// Each message has a number and so a buffer of its own, and there are always more than may be under way, as with the C peer.
    private static func publish(_ client: StanClient, _ channel: String, _ count: Int, size: Int) async throws {
        let body = ByteBuffer(string: #"{"n":          ,"p":""# + String(repeating: "x", count: max(0, size - 23)) + #""}"#)
        var measurement = Measurement()
        try await withThrowingTaskGroup(of: Void.self) { group in
            var next = 0
            while next < count {
                if next >= Self.batchesAtOnce * Self.batch { try await group.next() }
                let bodies = (next..<min(count, next + Self.batch)).map { Self.numbered(body, $0) }
                next += bodies.count
                group.addTask {
                    let failures = try await client.publish(contentsOf: bodies, to: channel)
                    if let failure = failures.first { throw failure.error }
                }
            }
            try await group.waitForAll()
        }
        measurement.stopClock()
        measurement.print("published", count)
    }

    private static func spread(_ client: StanClient, _ channel: String, _ count: Int, size: Int) async throws {
        let body = ByteBuffer(string: #"{"n":          ,"p":""# + String(repeating: "x", count: max(0, size - 23)) + #""}"#)
        let channels = 1000
        var measurement = Measurement()
        for number in 0..<channels {
            let bodies = (0..<count / channels).map { Self.numbered(body, $0) }
            let failures = try await client.publish(contentsOf: bodies, to: "\(channel).\(number)")
            if let failure = failures.first { throw failure.error }
        }
        measurement.stopClock()
        measurement.print("published", count / channels * channels)
    }

    private static let batch = 2048
    private static let batchesAtOnce = 10

    /// A copy of the body with the number in it: the blanks behind `{"n":` make room for ten digits.
    private static func numbered(_ body: ByteBuffer, _ number: Int) -> ByteBuffer {
        var copy = body
        var rest = number
        var index = copy.readerIndex + 14
        repeat {
            copy.setInteger(UInt8(ascii: "0") + UInt8(rest % 10), at: index)
            rest /= 10
            index -= 1
        } while rest > 0
        return copy
    }
}

/// Time and CPU since it was made.
private struct Measurement {
    private let clock = ContinuousClock.now
    private let cpu = Measurement.cpuMicroseconds()

    private var end: ContinuousClock.Instant?

    mutating func stopClock() { self.end = .now }

    func print(_ what: String, _ count: Int) {
        let seconds = ((self.end ?? .now) - self.clock) / .seconds(1)
        let cpu = Double(Self.cpuMicroseconds() - self.cpu) / Double(count)
        let rounded = (cpu * 100).rounded() / 100
        Swift.print("\(what) \(count) messages: \(Int(Double(count) / seconds)) messages/s, \(rounded) us CPU/message")
    }

    private static func cpuMicroseconds() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    }
}
