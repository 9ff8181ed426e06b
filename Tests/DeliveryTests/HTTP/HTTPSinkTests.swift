import Delivery
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("The http sink", .timeLimit(.minutes(2)))
struct HTTPSinkTests {
    @Test("a message arrives with its bytes and everything there is to know about it")
    func request() async throws {
        try await withReceiver(
            configure: {
                $0.headers = [.init(name: "X-Token", value: "s3cret"), .init(name: "X-Empty", value: "")]
                $0.userAgent = "stan-bridged/1.2.3"
            },
            script: { _ in .ok }
        ) { under, receiver in
            under.deliver([42], body: #"{"a":1}"#)
            await under.collector.results(1)
            #expect(under.collector.delivered == [42])
            let request = try #require(receiver.requests.first)
            #expect(request.line == "POST /hooks HTTP/1.1")
            #expect(request.body == Array(#"{"a":1}"#.utf8))
            #expect(request["Stan-Cluster"] == "test-cluster")
            #expect(request["Stan-Channel"] == "orders.eu")
            #expect(request["Stan-Sequence"] == "42")
            #expect(request["Stan-Timestamp"] == "2020-09-13T12:26:40.123456789Z")
            #expect(request["Stan-Attempt"] == "1")
            #expect(request["Stan-Redelivered"] == nil)
            #expect(request["Idempotency-Key"] == "test-cluster/orders.eu/42")
            #expect(request["User-Agent"] == "stan-bridged/1.2.3")
            #expect(request["Content-Type"] == "application/json")
            #expect(request["X-Token"] == "s3cret")
            #expect(request["X-Empty"] == "")
            #expect(request["Expect"] == nil)
            #expect(request["Accept-Encoding"] == nil)
        }
    }

    @Test("the attempt and the server's redelivery flag are passed on, and not to the next message")
    func attemptAndRedelivered() async throws {
        try await withReceiver(configure: { $0.concurrency = 1 }, script: { _ in .ok }) { under, receiver in
            under.deliver([1], attempt: 17, redelivered: true)
            under.deliver([2])
            await under.collector.results(2)
            let requests = receiver.requests
            #expect(requests.map { $0["Stan-Attempt"] } == ["17", "1"])
            #expect(requests.map { $0["Stan-Redelivered"] } == ["true", nil])
        }
    }

    @Test(
        "the content type says what the body is",
        arguments: [
            (#"{"a":[1,2.5e3,null]}"#, "application/json"), ("plain text", "application/octet-stream"),
            ("", "application/octet-stream"), ("{\"a\":1,}", "application/octet-stream"),
        ]
    )
    func contentType(body: String, expected: String) async throws {
        try await withReceiver(script: { _ in .ok }) { under, receiver in
            under.deliver([1], body: body)
            await under.collector.results(1)
            let request = try #require(receiver.requests.first)
            #expect(request["Content-Type"] == expected)
            #expect(request["Content-Length"] == "\(body.utf8.count)")
            #expect(request.body == Array(body.utf8))
        }
    }

    @Test("method, content type and user agent can be configured")
    func configured() async throws {
        try await withReceiver(
            configure: {
                $0.method = "PUT"
                $0.headers = [.init(name: "content-type", value: "text/x-log"), .init(name: "User-Agent", value: "other")]
            },
            script: { _ in .ok }
        ) { under, receiver in
            under.deliver([1])
            await under.collector.results(1)
            let request = try #require(receiver.requests.first)
            #expect(request.line == "PUT /hooks HTTP/1.1")
            #expect(request.headers.filter { $0.name.lowercased() == "content-type" }.map(\.value) == ["text/x-log"])
            #expect(request.headers.filter { $0.name.lowercased() == "user-agent" }.map(\.value) == ["other"])
        }
    }

    @Test("a body of a megabyte arrives whole, without asking for permission first")
    func largeBody() async throws {
        try await withReceiver(script: { _ in .ok }) { under, receiver in
            let body = String(repeating: "0123456789abcdef", count: 80_000)
            under.deliver([1], body: body)
            await under.collector.results(1)
            #expect(under.collector.delivered == [1])
            #expect(receiver.requests.first?.body == Array(body.utf8))
            #expect(receiver.requests.first?["Expect"] == nil)
        }
    }

    @Test("routes that share a sink keep their headers and their reports apart")
    func routes() async throws {
        try await withReceiver(configure: { $0.concurrency = 3 }, script: { _ in .ok }) { under, receiver in
            let other = RouteContext(
                route: "logs",
                channel: String(repeating: "long.", count: 200) + "ü\r\nX-Evil: 1",
                cluster: "test-cluster",
                clientID: "bridge-1"
            )
            for sequence in UInt64(1)...50 {
                under.deliver([sequence])
                under.deliver([1000 + sequence], context: other, sinkIndex: 3)
            }
            await under.collector.results(100)
            #expect(under.collector.reports.allSatisfy { $0.delivered.allSatisfy { $0 > 1000 } == ($0.delivered.first! > 1000) })
            for report in under.collector.reports { #expect(report.sink == (report.delivered.first! > 1000 ? 3 : 0)) }
            let name = String(repeating: "long.", count: 200) + "%C3%BC%0D%0AX-Evil:%201"
            for request in receiver.requests {
                let channel = request.sequence > 1000 ? name : "orders.eu"
                #expect(request["Stan-Channel"] == channel)
                #expect(request["Idempotency-Key"] == "test-cluster/\(channel)/\(request.sequence)")
                #expect(request["X-Evil"] == nil)
            }
        }
    }

    // MARK: Connections and concurrency

    @Test("requests one after the other use one connection")
    func keepAlive() async throws {
        try await withReceiver(configure: { $0.concurrency = 1 }, script: { _ in .status(200, body: "thanks") }) {
            under,
            receiver in
            under.deliver(1...300)
            await under.collector.results(300)
            #expect(under.collector.delivered == Array(1...300))
            #expect(receiver.connections == 1)
        }
    }

    @Test("as many requests run at once as configured, and never more")
    func concurrency() async throws {
        try await withReceiver(delay: .milliseconds(20), configure: { $0.concurrency = 8 }, script: { _ in .ok }) {
            under,
            receiver in
            for first in stride(from: UInt64(1), through: 200, by: 10) { under.deliver(first...(first + 9)) }
            await under.collector.results(200)
            #expect(Set(under.collector.delivered) == Set(1...200))
            #expect(receiver.mostUnanswered == 8)
            #expect(receiver.connections == 8)
        }
    }

    @Test("a connection that is closed between requests costs nothing but a new one")
    func closedBetweenRequests() async throws {
        try await withReceiver(
            configure: { $0.concurrency = 2 },
            script: { _ in .rawThenClose("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        ) { under, receiver in
            for sequence in UInt64(1)...100 {
                under.deliver([sequence])
                await under.collector.results(Int(sequence))
            }
            #expect(under.collector.failed == [])
            #expect(under.collector.delivered == Array(1...100))
        }
    }

    @Test("20,000 messages are each posted and reported once")
    func many() async throws {
        let seen = Mutex<[UInt64: Int]>([:])
        try await withReceiver(
            keepRequests: false,
            script: { request in
                seen.withLock { $0[request.sequence, default: 0] += 1 }
                return .ok
            }
        ) { under, receiver in
            for first in stride(from: UInt64(1), through: 20_000, by: 250) { under.deliver(first...(first + 249)) }
            await under.collector.results(20_000)
            #expect(under.collector.failed.isEmpty)
            #expect(under.collector.delivered.count == 20_000)
            #expect(Set(under.collector.delivered) == Set(1...20_000))
            #expect(seen.withLock { $0.count == 20_000 && $0.values.allSatisfy { $0 == 1 } })
            #expect(receiver.connections <= 64)
        }
    }

    @Test("what ends while the engine is busy is reported together")
    func batched() async throws {
        let receiver = try await ScriptedReceiver(hold: 32) { _ in .ok }
        // The first report keeps the engine's thread until every answer is on its way, so the next round finds them all.
        let collector = BusyCollector { while receiver.answered < 32 { sched_yield() } }
        try await withSink(.init(url: receiver.url, concurrency: 32)) { under in
            under.deliver(1...32, to: collector)
            await collector.collector.results(32)
            #expect(Set(collector.collector.delivered) == Set(1...32))
            #expect(collector.collector.reports.count <= 2)
        }
        await receiver.stop()
    }

    private final class BusyCollector: DeliveryReceiver {
        let collector = Collector()
        private let work: @Sendable () -> Void

        init(_ work: @escaping @Sendable () -> Void) { self.work = work }

        func finished(_ report: DeliveryReport) {
            self.work()
            self.collector.finished(report)
        }
    }
}
