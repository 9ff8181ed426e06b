import Delivery
import Glibc
import NIOCore
import Synchronization
import TestSupport
import Testing

/// Where requests go besides the URL, and what becomes of answers that can be judged in more than one way.
@Suite("Redirects, proxies and judgements of the http sink", .timeLimit(.minutes(2)))
struct HTTPSinkRoutingTests {
    private static func redirect(_ status: Int, to target: String) -> ScriptedReceiver.Reply {
        .status(status, headers: ["Location: \(target)"])
    }

    // MARK: Redirects

    @Test(
        "a redirect is followed with the same method, body and headers; the next message goes to the URL again",
        arguments: [301, 308]
    )
    func followed(status: Int) async throws {
        try await withReceiver(
            configure: {
                $0.followsRedirects = true
                $0.concurrency = 1
                $0.authorization = .bearer(SinkSecret("t0ken"))
            },
            script: { $0.line.contains("/hooks") ? Self.redirect(status, to: "/elsewhere") : .ok }
        ) { under, receiver in
            under.deliver([1, 2], body: "hello")
            await under.collector.results(2)
            #expect(under.collector.delivered == [1, 2])
            let requests = receiver.requests
            #expect(requests.map(\.line) == (0..<2).flatMap { _ in ["POST /hooks HTTP/1.1", "POST /elsewhere HTTP/1.1"] })
            #expect(requests.map(\.sequence) == [1, 1, 2, 2])
            #expect(requests.allSatisfy { $0.body == Array("hello".utf8) && $0["Authorization"] == "Bearer t0ken" })
        }
    }

    @Test("to another host it is followed only where there is nothing secret to be shown", arguments: [true, false])
    func otherHost(hasSecret: Bool) async throws {
        let other = try await ScriptedReceiver { _ in .ok }
        let target = other.url
        try await withReceiver(
            configure: {
                $0.followsRedirects = true
                if hasSecret { $0.headers = [.init(name: "X-Key", value: .secret(SinkSecret("s3cret")))] }
            },
            script: { _ in Self.redirect(307, to: target) }
        ) { under, _ in
            under.deliver([1])
            await under.collector.results(1)
            #expect(other.requests.count == (hasSecret ? 0 : 1))
            if hasSecret {
                let failure = try #require(under.collector.failed.first?.failure)
                #expect(failure.reason.hasSuffix("(another host would be shown the credentials)"), "\(failure)")
                guard case .rejected = failure else { return #expect(Bool(false), "\(failure)") }
            } else {
                #expect(under.collector.delivered == [1])
            }
        }
        await other.stop()
    }

    @Test("redirects in a circle come to an end, and so does a chain of them that takes too long")
    func circle() async throws {
        try await withReceiver(
            configure: { $0.followsRedirects = true },
            script: { _ in Self.redirect(302, to: "/hooks") }
        ) { under, receiver in
            under.deliver([1])
            await under.collector.results(1)
            #expect(receiver.requests.count == 6)
            #expect(under.collector.failed.first?.failure.reason.contains("already 5 redirects were followed") == true)
        }
        try await withReceiver(
            delay: .milliseconds(150),
            configure: {
                $0.followsRedirects = true
                $0.timeout = .milliseconds(400)
            },
            script: { _ in Self.redirect(302, to: "/hooks") }
        ) { under, _ in
            under.deliver([1])
            await under.collector.results(1)
            #expect(under.collector.failed.first?.failure.reason.contains("no whole answer") == true)
        }
    }

    // MARK: Judgements

    @Test("statuses that are to be retried are, and those that are to be rejected are")
    func configuredStatuses() async throws {
        try await withReceiver(
            configure: {
                $0.retriedStatuses = [404, 410]
                $0.rejectedStatuses = [503]
                $0.concurrency = 1
            },
            script: { .status([404, 503, 410, 500][Int($0.sequence) - 1]) }
        ) { under, _ in
            under.deliver(1...4)
            await under.collector.results(4)
            let kinds = under.collector.failed.map { failed in
                switch failed.failure {
                case .retry: "retry"
                case .rejected: "rejected"
                case .unavailable: "unavailable"
                }
            }
            #expect(kinds == ["retry", "rejected", "retry", "retry"])
        }
    }

    @Test(
        "410 pauses the sink: the message has used up no attempt, and nothing else is sent; what waits is given back at the end"
    )
    func gone() async throws {
        try await withReceiver(configure: { $0.concurrency = 1 }, script: { _ in .status(410, body: "moved away") }) {
            under,
            receiver in
            under.deliver(1...3)
            await under.collector.results(1)
            let first = try #require(under.collector.failed.first)
            #expect(first.sequence == 1)
            #expect(!first.failure.countsAsAttempt)
            #expect(first.failure.reason.contains("410") && first.failure.reason.contains("moved away"))
            #expect(under.sink.condition.isPaused)
            #expect(!under.sink.condition.isBreakerOpen)
            under.deliver([4])
            under.sink.drain()
            await under.collector.results(4)
            #expect(under.collector.failed.map(\.sequence).sorted() == [1, 2, 3, 4])
            #expect(under.collector.failed.allSatisfy { !$0.failure.countsAsAttempt })
            #expect(receiver.requests.count == 1)
        }
    }

    @Test("an answer that trickles is ended when it is slower than it may be, long before the timeout")
    func tooSlow() async throws {
        try await withReceiver(
            configure: { $0.lowSpeed = .init(bytesPerSecond: 1000, seconds: 1) },
            script: { _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ") }
        ) { under, _ in
            under.deliver([1])
            await under.collector.results(1)
            let failure = try #require(under.collector.failed.first?.failure)
            #expect(failure.reason.contains("was slower than 1000 bytes a second for 1s"), "\(failure)")
            guard case .retry = failure else { return #expect(Bool(false), "\(failure)") }
        }
    }

    // MARK: Proxies

    @Test("a proxy is asked for the URL, with its own credentials; what it refuses is said")
    func proxy() async throws {
        let isRefusing = Mutex(false)
        let proxy = try await ScriptedReceiver { _ in isRefusing.withLock { $0 } ? .status(407) : .ok }
        var configuration = HTTPSink.Configuration(url: "http://hooks.invalid/in", concurrency: 1)
        configuration.connection.proxy = SinkSecret("http://me:s3cret@127.0.0.1:\(proxy.port)")
        try await withSink(configuration) { under in
            under.deliver([1])
            await under.collector.results(1)
            #expect(under.collector.delivered == [1])
            let request = try #require(proxy.requests.first)
            #expect(request.line == "POST http://hooks.invalid/in HTTP/1.1")
            #expect(request["Proxy-Authorization"] == "Basic bWU6czNjcmV0")
            isRefusing.withLock { $0 = true }
            under.deliver([2])
            await under.collector.results(2)
            #expect(under.collector.failed.first?.failure.reason.hasPrefix("HTTP 407") == true)
        }
        await proxy.stop()
    }

    @Test("a proxy that is not there, or makes no way through, is named as what fails", arguments: ["http", "https"])
    func deadProxy(scheme: String) async throws {
        // It listens, and refuses to connect anywhere.
        let proxy = try await ScriptedReceiver { _ in .status(502) }
        var configuration = HTTPSink.Configuration(url: "\(scheme)://hooks.invalid/in")
        if scheme == "http" { await proxy.stop() }
        configuration.connection.proxy = SinkSecret("http://me:s3cret@127.0.0.1:\(proxy.port)")
        try await withSink(configuration) { under in
            under.deliver([1])
            await under.collector.results(1)
            let failure = try #require(under.collector.failed.first?.failure)
            #expect(failure.reason.contains("proxy"), "\(failure)")
            #expect(!failure.reason.contains("s3cret"), "\(failure)")
        }
        if scheme == "https" { await proxy.stop() }
    }

    @Test("variables of the environment send nothing through a proxy")
    func environment() async throws {
        setenv("http_proxy", "http://127.0.0.1:9", 1)
        defer { unsetenv("http_proxy") }
        try await withReceiver(script: { _ in .ok }) { under, receiver in
            under.deliver([1])
            await under.collector.results(1)
            #expect(receiver.requests.first?.line == "POST /hooks HTTP/1.1")
        }
    }
}
