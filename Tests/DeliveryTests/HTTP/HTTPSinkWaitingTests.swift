import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Delivery

@Suite("What messages cost that wait for the http sink", .timeLimit(.minutes(2)))
struct HTTPSinkWaitingTests {
    private static let count: UInt64 = 50_000
    private static let body = String(repeating: "x", count: 1_000)

    private typealias Trim = @convention(c) (Int) -> CInt

    /// The memory that the process has in use, in bytes; without what was freed before and would be taken again.
    private static func resident() throws -> Int {
        // The header shows it to C alone.
        if let trim = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(trim, to: Trim.self)(0) }
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(pages.count > 1 ? Int(pages[1]) : nil) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// So that their bodies are there, and counted, before the sink gets them.
    private static func batches(_ context: RouteContext, to receiver: any DeliveryReceiver) -> [DeliveryBatch] {
        stride(from: 1, through: Self.count, by: 500).map { first in
            let deliveries = (first..<first + 500).map {
                let body = ByteBuffer(string: Self.body)
                return Delivery(envelope: Envelope(sequence: $0, timestamp: 0, redelivered: false, body: body), attempt: 1)
            }
            return DeliveryBatch(context: context, sink: 0, deliveries: deliveries, receiver: receiver)
        }
    }

    @Test(
        "50,000 messages that wait for an endpoint that hangs cost their bodies, and neither handles nor connections",
        arguments: [
            nil, HTTPSink.Configuration.Batching(maxMessages: 100, maxBytes: 1 << 20, maxWait: .seconds(60), format: .ndjson),
        ]
    )
    func waiting(batching: HTTPSink.Configuration.Batching?) async throws {
        try await withReceiver(
            keepRequests: false,
            configure: {
                $0.timeout = .seconds(60)
                $0.concurrency = 64
                $0.batching = batching
                if batching != nil { $0.format = .json }
            },
            script: { _ in .nothing }
        ) { under, receiver in
            let batches = Self.batches(under.context, to: under.collector)
            let before = try Self.resident()
            for batch in batches { under.sink.deliver(batch) }
            try await eventually("as many requests are under way as may be") { receiver.mostUnanswered == 64 }
            // Commands are taken in their order: all that was delivered has been by then.
            await under.engine.closeLane(0)
            // A handle for each would be six times the bodies and more.
            #expect(try Self.resident() - before < Int(Self.count) * Self.body.utf8.count)
            #expect(receiver.connections == 64)
            #expect(receiver.mostUnanswered == 64)
            #expect(under.collector.reports.isEmpty)
        }
    }
}
