import NIOCore
import TestSupport
import Testing

@testable import Delivery

@Suite("Ways of the http sink to nginx", .timeLimit(.minutes(2)))
struct NginxConnectionTests {
    private typealias Configuration = HTTPSink.Configuration
    private typealias Pair = (certificate: String, key: String)

    private let certificates: TestCertificates

    init() throws { self.certificates = try TestCertificates.make() }

    private func secure(_ pair: Pair? = nil, listen: String = "ssl", _ directives: String = "") -> Nginx.Options {
        let pair = pair ?? self.certificates.server
        return Nginx.Options(
            listen: listen,
            server:
                "ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key); \(directives) location / { return 200; }"
        )
    }

    /// One message to a server with TLS.
    ///
    /// - Parameter configure: starts from the right authority.
    /// - Returns: the failure, with `ADDRESS` for nginx's; nil when the message was delivered.
    private func failure(
        _ options: Nginx.Options,
        _ configure: (inout Configuration.TLS) -> Void = { _ in }
    ) async throws -> DeliveryFailure? {
        try await withNginx(options) { nginx in
            var configuration = Configuration(url: nginx.secureURL)
            configuration.connection.tls.caFile = self.certificates.ca
            configure(&configuration.connection.tls)
            var failure: DeliveryFailure?
            try await withSink(configuration) { under in
                under.deliver([7])
                await under.collector.results(1)
                failure = under.collector.failed.first?.failure
            }
            if failure == nil { try await nginx.took(7...7) }
            return switch failure {
            case .retry(let reason, let after): .retry(reason: reason.replacing(nginx.address, with: "ADDRESS"), after: after)
            case .rejected(let reason): .rejected(reason: reason.replacing(nginx.address, with: "ADDRESS"))
            case .unavailable, nil: failure
            }
        }
    }

    // MARK: TLS

    @Test("a certificate of the configured authority is trusted, and one of another is not")
    func authority() async throws {
        #expect(try await self.failure(self.secure()) == nil)
        let other = try await self.failure(self.secure()) { $0.caFile = self.certificates.otherCA }
        #expect(other == .retry(reason: "TLS with ADDRESS: unable to get local issuer certificate", after: nil))
        let none = try await self.failure(self.secure()) { $0.caFile = nil }
        #expect(none == .retry(reason: "TLS with ADDRESS: unable to get local issuer certificate", after: nil))
        let expired = try await self.failure(self.secure(self.certificates.expired))
        #expect(expired == .retry(reason: "TLS with ADDRESS: certificate has expired", after: nil))
    }

    @Test("a certificate has to be for the URL's host, or for the configured name, which is what nginx hears")
    func name() async throws {
        let wrong = try await self.failure(self.secure(self.certificates.elsewhere))
        let reason = "TLS with ADDRESS: no alternative certificate subject name matches target host name '127.0.0.1'"
        #expect(wrong == .retry(reason: reason, after: nil))
        let directives = "if ($ssl_server_name != elsewhere.example) { return 421; }"
        let pinned = try await self.failure(self.secure(self.certificates.elsewhere, directives)) {
            $0.serverName = "elsewhere.example"
        }
        #expect(pinned == nil)
        let wrongPin = try await self.failure(self.secure()) { $0.serverName = "elsewhere.example" }
        #expect(
            wrongPin
                == .retry(
                    reason:
                        "TLS with ADDRESS: no alternative certificate subject name matches target host name 'elsewhere.example'",
                    after: nil
                )
        )
    }

    @Test("the Host that nginx gets is the URL's, whatever name its certificate has to have")
    func host() async throws {
        let options = self.secure(self.certificates.elsewhere, "if ($http_host !~ ^127.0.0.1:) { return 421; }")
        #expect(try await self.failure(options) { $0.serverName = "elsewhere.example" } == nil)
    }

    @Test("without verification any certificate will do")
    func unverified() async throws {
        #expect(try await self.failure(self.secure(self.certificates.expired)) { $0.skipsVerification = true } == nil)
        #expect(try await self.failure(self.secure(self.certificates.stranger)) { $0.skipsVerification = true } == nil)
    }

    @Test("a certificate of our own is shown; without one, or with a stranger's, the message is rejected")
    func clientCertificate() async throws {
        let options = self.secure(nil, "ssl_client_certificate \(self.certificates.ca); ssl_verify_client on;")
        func shown(_ pair: Pair) async throws -> DeliveryFailure? {
            try await self.failure(options) {
                $0.certificateFile = pair.certificate
                $0.keyFile = pair.key
            }
        }
        #expect(try await shown(self.certificates.client) == nil)
        for (failure, word) in [
            (try await self.failure(options), "No required SSL certificate was sent"),
            (try await shown(self.certificates.stranger), "The SSL certificate error"),
        ] {
            guard case .rejected(let reason) = failure else {
                #expect(Bool(false), "\(String(describing: failure))")
                continue
            }
            #expect(reason.hasPrefix("HTTP 400 from ADDRESS: "))
            #expect(reason.contains(word))
        }
    }

    @Test("a key that does not belong to its certificate is named as the reason")
    func otherKey() async throws {
        let failure = try await self.failure(self.secure()) {
            $0.certificateFile = self.certificates.client.certificate
            $0.keyFile = self.certificates.stranger.key
        }
        let reason = "TLS with ADDRESS: unable to set private key file: '\(self.certificates.stranger.key)' type PEM"
        #expect(failure == .retry(reason: reason, after: nil))
    }

    @Test("a version of TLS below the configured one is refused")
    func minimumVersion() async throws {
        #expect(try await self.failure(self.secure(nil, "ssl_protocols TLSv1.2;")) == nil)
        #expect(try await self.failure(self.secure(nil, "ssl_protocols TLSv1.3;")) { $0.minimumVersion = .tls13 } == nil)
        let refused = try await self.failure(self.secure(nil, "ssl_protocols TLSv1.2;")) { $0.minimumVersion = .tls13 }
        #expect(refused == .retry(reason: "TLS with ADDRESS: tlsv1 alert protocol version", after: nil))
    }

    // MARK: HTTP/2

    /// Sends messages and looks at how they came.
    private func requests(
        _ options: Nginx.Options,
        _ messages: ClosedRange<UInt64>,
        concurrency: Int = 32,
        _ configure: (inout Configuration.Connection) -> Void = { _ in }
    ) async throws -> [Nginx.Request] {
        try await withNginx(options) { nginx in
            var configuration = Configuration(
                url: options.listen.contains("ssl") ? nginx.secureURL : nginx.url,
                concurrency: concurrency
            )
            configuration.connection.tls.caFile = self.certificates.ca
            configure(&configuration.connection)
            try await withSink(configuration) { under in
                under.deliver(messages)
                await under.collector.results(messages.count)
                #expect(under.collector.failed == [])
                #expect(under.collector.delivered.count == messages.count)
            }
            try await nginx.took(messages)
            #expect(nginx.requests.count == messages.count)
            return nginx.requests
        }
    }

    /// With TLS and HTTP/2. Requests are passed on, so that they are read to their end before they are answered.
    private func secureVersion2(_ directives: String = "") -> Nginx.Options {
        var options = self.secure(listen: "ssl http2", directives)
        options.server = options.server.replacing("return 200;", with: "proxy_pass http://backend;")
        return options
    }

    private static let version2 = CurlOptions.isHTTP2Sound() ? "HTTP/2.0" : "HTTP/1.1"

    @Test("HTTP/2 is spoken where nginx agrees on it, and one connection serves many requests at once")
    func multiplexed() async throws {
        // Requests wait for their turn, so that many are there at a time.
        var options = self.secureVersion2("limit_req zone=slow burst=100;")
        options.http = "limit_req_zone $binary_remote_addr zone=slow:32k rate=1000r/s;"
        let requests = try await self.requests(options, 1...500) { $0.version = .http2 }
        #expect(requests.allSatisfy { $0.version == "HTTP/2.0" })
        let connections = Dictionary(grouping: requests, by: \.connection).values
        #expect(connections.count <= 2)
        let most = connections.map { requests in
            requests.map { request in requests.filter { $0.time.contains(request.time.lowerBound) }.count }.max() ?? 0
        }
        #expect(most.max() ?? 0 > 16)
    }

    @Test("HTTP/2 is spoken unasked where libcurl can be left to it")
    func automatic() async throws {
        let requests = try await self.requests(self.secureVersion2(), 1...100, concurrency: 4)
        #expect(requests.allSatisfy { $0.version == Self.version2 })
        #expect(Set(requests.map(\.connection)).count <= 4)
    }

    @Test("HTTP/1.1 is spoken where nginx speaks nothing else, or where it is configured", arguments: ["ssl", "ssl http2"])
    func version1(listen: String) async throws {
        let requests = try await self.requests(self.secure(listen: listen), 1...100, concurrency: 4) {
            $0.version = listen == "ssl" ? .http2 : .http1
        }
        #expect(requests.allSatisfy { $0.version == "HTTP/1.1" })
        #expect(Set(requests.map(\.connection)).count <= 4)
    }

    @Test("HTTP/2 without TLS and without asking", .enabled(if: CurlOptions.isHTTP2Sound(), "libcurl 8.0.0 or later can"))
    func priorKnowledge() async throws {
        let requests = try await self.requests(Nginx.Options(listen: "http2"), 1...500) { $0.version = .http2PriorKnowledge }
        #expect(requests.allSatisfy { $0.version == "HTTP/2.0" })
        #expect(Set(requests.map(\.connection)).count <= 2)
    }

    @Test(
        "HTTP/2 without TLS and without asking is refused where libcurl cannot",
        .enabled(if: !CurlOptions.isHTTP2Sound(), "libcurl 8.0.0 or later can")
    )
    func noPriorKnowledge() async throws {
        var configuration = Configuration(url: "http://127.0.0.1:1/")
        configuration.connection.version = .http2PriorKnowledge
        let under = try SinkUnderTest(configuration)
        let error = #expect(throws: SinkError.self) { try under.sink.open() }
        #expect(error?.description.contains("cannot speak HTTP/2 without TLS") == true)
        await under.engine.shutdown()
    }

    @Test("HTTP/2 that is wished for without TLS is no condition")
    func upgrade() async throws {
        let requests = try await self.requests(Nginx.Options(), 1...100) { $0.version = .http2 }
        #expect(requests.allSatisfy { $0.version == "HTTP/1.1" })
    }

    @Test("HTTP/2 loses no message to connections that take ten requests each, to early answers, to a reload or a restart")
    func version2LosesNothing() async throws {
        let options = self.secure(listen: "ssl http2", "keepalive_requests 10; lingering_close off;")
        try await withNginx(options) { nginx in
            var configuration = Configuration(url: nginx.secureURL, concurrency: 16)
            configuration.breaker = SinkGate.Breaker(openFor: .milliseconds(20))
            configuration.connection.tls.caFile = self.certificates.ca
            configuration.connection.version = .http2
            try await withSink(configuration) { under in
                let redeliverer = Redeliverer(under)
                redeliverer.deliver(1...500)
                await redeliverer.results.results(250)
                nginx.reload()
                await redeliverer.results.results(500)
                redeliverer.deliver(501...1000)
                await redeliverer.results.results(750)
                await nginx.stop()
                try await nginx.startAgain()
                await redeliverer.results.results(1000)
                #expect(redeliverer.results.failed == [])
                #expect(redeliverer.results.delivered.sorted() == Array(1...1000))
                try await nginx.took(1...1000)
            }
        }
    }

    @Test(
        "HTTP/2 costs no attempt where connections take ten requests each, and answers come early",
        .enabled(if: CurlOptions.isHTTP2Sound(), "libcurl 8.0.0 or later does not lose requests"),
        arguments: [1, 8, 32]
    )
    func tenRequestsEach(concurrency: Int) async throws {
        let options = self.secure(listen: "ssl http2", "keepalive_requests 10;")
        let requests = try await self.requests(options, 1...1000, concurrency: concurrency)
        #expect(requests.allSatisfy { $0.version == "HTTP/2.0" && $0.attempt == "1" })
        #expect(Set(requests.map(\.connection)).count >= 50)
    }

    // MARK: Others

    @Test("a socket takes messages in place of the URL's host")
    func unixSocket() async throws {
        try await withNginx(Nginx.Options(usesUnixSocket: true)) { nginx in
            var configuration = Configuration(url: "http://nowhere.invalid/hooks", concurrency: 4)
            configuration.connection.unixSocket = nginx.socketPath
            try await withSink(configuration) { under in
                under.deliver(1...100)
                await under.collector.results(100)
                #expect(under.collector.failed == [])
                try await nginx.took(1...100)
            }
            await nginx.stop()
            try await withSink(configuration) { under in
                under.deliver([1])
                await under.collector.results(1)
                let reason = "could not connect to nowhere.invalid:80: no such file or directory"
                #expect(under.collector.failed.map(\.failure) == [.retry(reason: reason, after: nil)])
            }
        }
    }

    @Test("a name and a password are shown, and wrong ones are rejected without being named")
    func basic() async throws {
        let options = Nginx.Options(
            server: Nginx.passing("auth_basic hooks; auth_basic_user_file users;"),
            files: ["users": "bridge:{PLAIN}pass w\u{F6}rd\n"]
        )
        try await withNginx(options) { nginx in
            var configuration = Configuration(url: nginx.url)
            configuration.authorization = .basic(username: "bridge", password: SinkSecret("pass w\u{F6}rd"))
            try await withSink(configuration) { under in
                under.deliver([1])
                await under.collector.results(1)
                #expect(under.collector.failed == [])
            }
            configuration.authorization = .basic(username: "bridge", password: SinkSecret("wrong-one"))
            try await withSink(configuration) { under in
                under.deliver([2])
                await under.collector.results(1)
                guard case .rejected(let reason) = under.collector.failed.first?.failure else {
                    return #expect(Bool(false), "\(under.collector.reports)")
                }
                #expect(reason.hasPrefix("HTTP 401 from \(nginx.address): "))
                #expect(!reason.contains("wrong-one"))
            }
        }
    }
}
