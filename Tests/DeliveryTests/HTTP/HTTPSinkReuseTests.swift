import Delivery
import NIOCore
import TestSupport
import Testing

@Suite("Connections that the http sink uses again", .timeLimit(.minutes(2)))
struct HTTPSinkReuseTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test(
        "a connection that ends under a request without any answer costs no attempt, 200 times in a row",
        arguments: [ScriptedReceiver.Reply.close, .rawThenReset("")]
    )
    func endsUnderRequest(end: ScriptedReceiver.Reply) async throws {
        // Each connection serves one request, and takes a second one to end.
        try await withReceiver(configure: { $0.concurrency = 1 }, script: { $0.index == 0 ? .raw(Self.ok) : end }) {
            under,
            receiver in
            for sequence in UInt64(1)...200 {
                under.deliver([sequence])
                await under.collector.results(Int(sequence))
            }
            #expect(under.collector.failed == [])
            #expect(under.collector.delivered == Array(1...200))
            #expect(receiver.connections == 200)
            #expect(receiver.requests.filter { $0.index == 0 }.map(\.sequence) == Array(1...200))
            #expect(receiver.requests.allSatisfy { $0["Stan-Attempt"] == "1" })
        }
    }

    @Test("a connection that ends when something has been answered costs an attempt, and the next message gets another one")
    func endsAfterSomething() async throws {
        try await withReceiver(
            configure: { $0.concurrency = 1 },
            script: { $0.index == 0 ? .raw(Self.ok) : .rawThenClose("HTTP/1.1 200 OK\r\nContent-Len") }
        ) { under, receiver in
            under.deliver(1...4)
            await under.collector.results(4)
            #expect(under.collector.delivered == [1, 3])
            #expect(under.collector.failed.map(\.sequence) == [2, 4])
            #expect(receiver.requests.count == 4)
        }
    }

    @Test(
        "what comes on an idle connection is never taken for the answer to the next message",
        arguments: [
            "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "x",
        ]
    )
    func unasked(text: String) async throws {
        try await withReceiver(configure: { $0.concurrency = 1 }, script: { _ in .rawThenUnasked(Self.ok, text) }) {
            under,
            receiver in
            for sequence in UInt64(1)...20 {
                under.deliver([sequence])
                await under.collector.results(Int(sequence))
                try await eventually("the other text has left") { receiver.unasked == sequence }
            }
            #expect(under.collector.failed == [])
            #expect(under.collector.delivered == Array(1...20))
            #expect(receiver.connections == 20)
            #expect(receiver.requests.count == 20)
        }
    }

    @Test("a connection that ends while the next request is on its way costs nothing", arguments: [2, 100_000])
    func endsInRace(bodyLength: Int) async throws {
        try await withReceiver(
            keepRequests: false,
            configure: {
                $0.concurrency = 4
                $0.breaker = nil
            },
            script: { request in
                var random = SeededGenerator(seed: request.sequence)
                return .rawThenClose(Self.ok, after: .microseconds(Int64.random(in: 1...2000, using: &random)))
            }
        ) { under, receiver in
            under.deliver(1...1000, body: String(repeating: "x", count: bodyLength))
            await under.collector.results(1000)
            #expect(under.collector.failed == [])
            #expect(Set(under.collector.delivered) == Set(1...1000))
            #expect(under.collector.delivered.count == 1000)
            // Fewer would mean that nothing raced, more that nothing was used again.
            #expect((5..<1000).contains(receiver.connections))
        }
    }
}
