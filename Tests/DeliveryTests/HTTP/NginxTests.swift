import Delivery
import NIOCore
import TestSupport
import Testing

@Suite("The http sink and nginx", .timeLimit(.minutes(2)))
struct NginxTests {
    /// The one failure of one message.
    private func failure(
        _ options: Nginx.Options,
        body: String = "{}",
        url: (Nginx) -> String = { $0.url }
    ) async throws -> (DeliveryFailure, nginx: Nginx) {
        try await withNginx(options) { nginx in
            var failure: DeliveryFailure?
            try await withSink(.init(url: url(nginx))) { under in
                under.deliver([7], body: body)
                await under.collector.results(1)
                failure = under.collector.failed.first?.failure
            }
            return (try #require(failure), nginx)
        }
    }

    // MARK: Verdicts

    @Test("messages arrive, each once, on as many connections as may be used")
    func plain() async throws {
        try await withNginx { nginx in
            try await withSink(.init(url: nginx.url, concurrency: 4)) { under in
                under.deliver(1...1000)
                await under.collector.results(1000)
                #expect(under.collector.failed == [])
                try await nginx.took(1...1000)
                #expect(nginx.requests.count == 1000)
                #expect(nginx.requests.allSatisfy { $0.version == "HTTP/1.1" && $0.attempt == "1" })
                #expect(Set(nginx.requests.map(\.connection)).count == 4)
            }
        }
    }

    @Test("a certificate of an authority that nobody knows is named as the reason, and nothing is sent")
    func unknownAuthority() async throws {
        let server = try TestCertificates.make().server
        let options = Nginx.Options(
            listen: "ssl",
            server: "ssl_certificate \(server.certificate); ssl_certificate_key \(server.key); location / { return 200; }"
        )
        let (failure, nginx) = try await self.failure(options) { $0.secureURL }
        #expect(failure == .retry(reason: "TLS with \(nginx.address): unable to get local issuer certificate", after: nil))
        #expect(nginx.requests.isEmpty)
    }

    @Test("without credentials that are asked for a message is rejected")
    func unauthorized() async throws {
        let options = Nginx.Options(server: Nginx.passing("auth_basic hooks; auth_basic_user_file /dev/null;"))
        let (failure, nginx) = try await self.failure(options)
        guard case .rejected(let reason) = failure else { return #expect(Bool(false), "\(failure)") }
        #expect(reason.hasPrefix("HTTP 401 from \(nginx.address): \"<html> <head><title>401 Authorization Required"))
    }

    @Test("a message that is too long is rejected, and the next one arrives")
    func tooLong() async throws {
        try await withNginx(Nginx.Options(server: Nginx.passing("client_max_body_size 1000;"))) { nginx in
            try await withSink(.init(url: nginx.url, concurrency: 1)) { under in
                under.deliver([1], body: String(repeating: "x", count: 1000))
                under.deliver([2], body: String(repeating: "x", count: 1001))
                under.deliver([3], body: String(repeating: "x", count: 8_000_000))
                under.deliver([4])
                await under.collector.results(4)
                #expect(under.collector.delivered == [1, 4])
                #expect(under.collector.failed.map(\.sequence) == [2, 3])
                for failed in under.collector.failed {
                    guard case .rejected(let reason) = failed.failure else { return #expect(Bool(false), "\(failed)") }
                    #expect(reason.hasPrefix("HTTP 413 from \(nginx.address): "))
                }
            }
        }
    }

    @Test("nginx without the server behind it is tried again")
    func badGateway() async throws {
        let (failure, nginx) = try await self.failure(Nginx.Options(server: "location / { proxy_pass http://unix:/nothing; }"))
        guard case .retry(let reason, nil) = failure else { return #expect(Bool(false), "\(failure)") }
        #expect(reason.hasPrefix("HTTP 502 from \(nginx.address): "))
    }

    @Test("a connection that nginx closes without a word is tried again")
    func noAnswer() async throws {
        let (failure, nginx) = try await self.failure(Nginx.Options(server: "location / { return 444; }"))
        let reason = "\(nginx.address) ended the connection before the answer was whole: nothing was answered"
        #expect(failure == .retry(reason: reason, after: nil))
    }

    @Test("what is more than nginx takes in a second is refused for now, and arrives later")
    func limited() async throws {
        let options = Nginx.Options(
            http: "limit_req_zone $binary_remote_addr zone=hooks:32k rate=100r/s;",
            server: Nginx.passing("limit_req zone=hooks;")
        )
        try await withNginx(options) { nginx in
            try await withSink(.init(url: nginx.url, breaker: nil)) { under in
                let redeliverer = Redeliverer(under)
                redeliverer.deliver(1...50)
                await redeliverer.results.results(50)
                #expect(Set(redeliverer.results.delivered) == Set(1...50))
                #expect(!redeliverer.failed.isEmpty)
                for failed in redeliverer.failed {
                    guard case .retry(let reason, nil) = failed.failure else { return #expect(Bool(false), "\(failed)") }
                    #expect(reason.hasPrefix("HTTP 503 from \(nginx.address): "))
                }
                try await nginx.took(1...50)
                #expect(nginx.requests.filter { $0.status == 200 }.count == 50)
                #expect(nginx.requests.filter { $0.status == 503 }.count == redeliverer.failed.count)
            }
        }
    }

    @Test("nginx that says when to come back is believed")
    func tooMany() async throws {
        let options = Nginx.Options(
            http: "limit_req_zone $binary_remote_addr zone=hooks:32k rate=1r/m;",
            server: Nginx.passing("limit_req zone=hooks; limit_req_status 429; add_header Retry-After 1 always;")
        )
        try await withNginx(options) { nginx in
            try await withSink(.init(url: nginx.url, concurrency: 1)) { under in
                under.deliver(1...2)
                await under.collector.results(2)
                #expect(under.collector.delivered == [1])
                guard case .retry(let reason, .seconds(1)) = under.collector.failed.first?.failure else {
                    return #expect(Bool(false), "\(under.collector.failed)")
                }
                #expect(reason.hasPrefix("HTTP 429 from \(nginx.address): "))
            }
        }
    }

    // MARK: Connections that end

    @Test("connections that take ten requests each cost no attempt")
    func tenRequestsEach() async throws {
        try await withNginx(Nginx.Options(server: "keepalive_requests 10; location / { return 200; }")) { nginx in
            try await withSink(.init(url: nginx.url, concurrency: 16)) { under in
                under.deliver(1...2000)
                await under.collector.results(2000)
                #expect(under.collector.failed == [])
                try await nginx.took(1...2000)
                let connections = Dictionary(grouping: nginx.requests, by: \.connection)
                #expect(connections.count >= 200)
                #expect(connections.values.allSatisfy { $0.count <= 10 })
            }
        }
    }

    @Test("connections that are closed as soon as they are idle cost no attempt")
    func closedWhenIdle() async throws {
        let options = Nginx.Options(server: "keepalive_timeout 3ms; location / { return 200; }")
        try await withNginx(options) { nginx in
            // Connections are used at about the time when they are closed.
            let rateLimit = SinkGate.RateLimit(perSecond: 1000, burst: 4)
            try await withSink(.init(url: nginx.url, concurrency: 4, rateLimit: rateLimit)) { under in
                under.deliver(1...1000)
                await under.collector.results(1000)
                #expect(under.collector.failed == [])
                try await nginx.took(1...1000)
                #expect(Set(nginx.requests.map(\.connection)).count > 4)
            }
        }
    }

    @Test("a reload in the middle of messages costs no attempt")
    func reload() async throws {
        try await withNginx { nginx in
            try await withSink(.init(url: nginx.url, concurrency: 16)) { under in
                var sent: UInt64 = 0
                var workers: Set<Int> = []
                // Until 2,000 have gone, and the last of the new workers has had some.
                while sent < 2000 || workers.count < 3 {
                    try #require(sent < 1_000_000, "no new workers: \(nginx.complaints)")
                    under.deliver((sent + 1)...(sent + 100))
                    sent += 100
                    await under.collector.results(Int(sent) - 50)
                    let seen = Set(nginx.requests.map(\.worker))
                    if sent >= 500, seen.count > workers.count, seen.count < 3 { nginx.reload() }
                    if sent >= 500 { workers = seen }
                }
                await under.collector.results(Int(sent))
                #expect(under.collector.failed == [])
                #expect(under.collector.delivered.count == Int(sent))
                try await nginx.took(1...sent)
                #expect(nginx.requests.allSatisfy { $0.attempt == "1" })
            }
        }
    }

    @Test("a restart in the middle of messages loses none of them")
    func restart() async throws {
        // With lingering, what nginx answers in the moment of its end is not noted.
        try await withNginx(Nginx.Options(server: "lingering_close off; location / { return 200; }")) { nginx in
            let breaker = SinkGate.Breaker(openFor: .milliseconds(20))
            try await withSink(.init(url: nginx.url, concurrency: 16, breaker: breaker)) { under in
                let redeliverer = Redeliverer(under)
                redeliverer.deliver(1...1000)
                await redeliverer.results.results(500)
                await nginx.stop()
                redeliverer.deliver(1001...2000)
                try await eventually("the sink has noticed") { under.sink.condition.isBreakerOpen }
                try await nginx.startAgain()
                await redeliverer.results.results(2000)

                #expect(redeliverer.results.failed == [])
                #expect(redeliverer.results.delivered.sorted() == Array(1...2000))
                try await nginx.took(1...2000)
                let requests = Dictionary(grouping: nginx.requests, by: \.key)
                for (sequence, attempt) in redeliverer.attempts {
                    #expect(requests[Nginx.key(sequence)]?.last?.attempt == "\(attempt)")
                }
                // What was under way, and what was tried until the breaker opened; the others have waited.
                #expect(redeliverer.attempts.values.filter { $0 > 1 }.count <= 64)
            }
        }
    }
}
