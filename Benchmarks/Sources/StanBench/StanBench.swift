import Glibc
import NIOCore
import StanCore

/// Does what the C peers do, with StanCore, and prints the same line.
///
/// `StanBench receive|publish URL CLUSTER CHANNEL COUNT SIZE-OR-MAX-IN-FLIGHT`
@main
struct StanBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 7, let count = Int(arguments[5]), let number = Int32(arguments[6]) else {
            print("usage: StanBench receive|publish URL CLUSTER CHANNEL COUNT SIZE-OR-MAX-IN-FLIGHT")
            exit(EX_USAGE)
        }
        let client = try await StanClient.connect(
            to: [arguments[2]],
            configuration: StanConfiguration(clusterID: arguments[3], clientID: "bench-\(getpid())")
        )
        let channel = arguments[4]
        if arguments[1] == "receive" {
            try await self.receive(client, channel, count, maxInFlight: number)
        } else {
            try await self.publish(client, channel, count, size: Int(number))
        }
        try await client.close()
    }

    private static func receive(_ client: StanClient, _ channel: String, _ count: Int, maxInFlight: Int32) async throws {
        var options = StanSubscriptionOptions()
        options.start = .first
        options.maxInFlight = maxInFlight
        let start = Measurement()
        let subscription = try await client.subscribe(to: channel, options: options)
        var received = 0
        for await batch in subscription.batches {
            received += batch.count
            subscription.ack(batch)
            if received >= count { break }
        }
        start.print("received", received)
    }

    private static func publish(_ client: StanClient, _ channel: String, _ count: Int, size: Int) async throws {
        let body = ByteBuffer(string: #"{"p":""# + String(repeating: "x", count: max(0, size - 8)) + #""}"#)
        let start = Measurement()
        var done = 0
        while done < count {
            let batch = Array(repeating: body, count: min(16_384, count - done))
            let failures = try await client.publish(contentsOf: batch, to: channel)
            if let failure = failures.first { throw failure.error }
            done += batch.count
        }
        start.print("published", done)
    }
}

/// Time and CPU since it was made.
private struct Measurement {
    private let clock = ContinuousClock.now
    private let cpu = Measurement.cpuMicroseconds()

    func print(_ what: String, _ count: Int) {
        let seconds = (ContinuousClock.now - self.clock) / .seconds(1)
        let cpu = Double(Self.cpuMicroseconds() - self.cpu) / Double(count)
        let rounded = (cpu * 100).rounded() / 100
        Swift.print("\(what) \(count) messages: \(Int(Double(count) / seconds)) messages/s, \(rounded) us CPU/message")
    }

    private static func cpuMicroseconds() -> Int {
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    }
}
