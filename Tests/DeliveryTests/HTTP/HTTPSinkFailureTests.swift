import Delivery
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite("The http sink, when things go wrong", .timeLimit(.minutes(2)))
struct HTTPSinkFailureTests {
    /// The one failure of one message.
    private func failure(
        configure: (inout HTTPSink.Configuration) -> Void = { _ in },
        _ reply: ScriptedReceiver.Reply
    ) async throws -> (DeliveryFailure, port: Int) {
        var failure: DeliveryFailure?
        var port = 0
        try await withReceiver(configure: configure, script: { _ in reply }) { under, receiver in
            under.deliver([7])
            await under.collector.results(1)
            #expect(under.collector.delivered.isEmpty)
            failure = under.collector.failed.first?.failure
            port = receiver.port
        }
        return (try #require(failure), port)
    }

    @Test("a 500 is tried again, and the reason quotes the answer on one line without the url's secrets")
    func serverError() async throws {
        let receiver = try await ScriptedReceiver { _ in .status(500, body: "no\r\n\tdisk \u{1B}[31mleft\u{202E}") }
        try await withSink(.init(url: "http://user:pass@127.0.0.1:\(receiver.port)/a?token=s3cret")) { under in
            under.deliver([7])
            await under.collector.results(1)
            let expected = DeliveryFailure.retry(
                reason: "HTTP 500 from 127.0.0.1:\(receiver.port): \"no disk ?[31mleft?\"",
                after: nil
            )
            #expect(under.collector.failed == [.init(sequence: 7, failure: expected)])
        }
        await receiver.stop()
    }

    @Test("a 503 says when to come back")
    func retryAfter() async throws {
        let (failure, port) = try await self.failure(.status(503, headers: ["Retry-After: 120"], body: "busy"))
        #expect(failure == .retry(reason: "HTTP 503 from 127.0.0.1:\(port): \"busy\"", after: .seconds(120)))
    }

    @Test("a 404 is final, and a redirect is not followed")
    func rejected() async throws {
        let (notFound, port) = try await self.failure(.status(404))
        #expect(notFound == .rejected(reason: "HTTP 404 from 127.0.0.1:\(port)"))
        let (moved, other) = try await self.failure(
            .status(301, headers: ["Location: https://u:p@new.example/secret?token=1"])
        )
        #expect(
            moved
                == .rejected(
                    reason: "HTTP 301 from 127.0.0.1:\(other), which points to https://new.example (redirects are not followed)"
                )
        )
    }

    @Test("only the first 200 bytes of an answer go into the reason")
    func longAnswer() async throws {
        let (failure, port) = try await self.failure(.status(400, body: String(repeating: "x", count: 50_000)))
        #expect(
            failure == .rejected(reason: "HTTP 400 from 127.0.0.1:\(port): \"\(String(repeating: "x", count: 200))\"")
        )
    }

    @Test("an endpoint that never answers times out")
    func hang() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let (failure, port) = try await self.failure(configure: { $0.timeout = .milliseconds(300) }, .nothing)
        #expect(failure == .retry(reason: "no whole answer from 127.0.0.1:\(port) within 300ms", after: nil))
        #expect(clock.now - start >= .milliseconds(290))
    }

    @Test("a handshake that never ends counts as not connected")
    func handshakeHangs() async throws {
        let receiver = try await ScriptedReceiver { _ in .nothing }
        try await withSink(.init(url: "https://127.0.0.1:\(receiver.port)/", connectTimeout: .milliseconds(200))) { under in
            under.deliver([7])
            await under.collector.results(1)
            #expect(
                under.collector.failed.first?.failure
                    == .retry(reason: "could not connect to 127.0.0.1:\(receiver.port) within 200ms", after: nil)
            )
        }
        await receiver.stop()
    }

    @Test("an endpoint that does not speak TLS is told so")
    func notTLS() async throws {
        let receiver = try await PlainGreeter.start()
        try await withSink(.init(url: "https://127.0.0.1:\(receiver.localAddress?.port ?? 0)/")) { under in
            under.deliver([7])
            await under.collector.results(1)
            let reason = under.collector.failed.first?.failure.reason ?? ""
            #expect(reason == "TLS with 127.0.0.1:\(receiver.localAddress?.port ?? 0): wrong version number")
        }
        try await receiver.close()
    }

    /// Answers whatever comes with a line of text.
    private final class PlainGreeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        static func start() async throws -> any Channel {
            try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(PlainGreeter()) }
                }
                .bind(host: "127.0.0.1", port: 0)
                .get()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")), promise: nil)
        }
    }

    @Test("a refused connection is named so")
    func refused() async throws {
        let receiver = try await ScriptedReceiver { _ in .ok }
        let port = receiver.port
        await receiver.stop()
        try await withSink(.init(url: "http://127.0.0.1:\(port)/")) { under in
            under.deliver([7])
            await under.collector.results(1)
            #expect(
                under.collector.failed.first?.failure
                    == .retry(reason: "could not connect to 127.0.0.1:\(port): connection refused", after: nil)
            )
        }
    }

    @Test(
        "a connection that ends without an answer, in its head or in its body is tried again",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        ]
    )
    func cut(text: String) async throws {
        let (failure, port) = try await self.failure(.rawThenClose(text))
        guard case .retry(let reason, nil) = failure else { return #expect(Bool(false), "\(failure)") }
        #expect(reason.hasPrefix("127.0.0.1:\(port) ended the connection before the answer was whole: "), "\(reason)")
    }

    @Test(
        "what is not HTTP is not taken for an answer",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/x 200 OK\r\n\r\n", "220 mail\r\n"]
    )
    func notHTTP(text: String) async throws {
        let (failure, port) = try await self.failure(.rawThenClose(text))
        #expect(failure == .retry(reason: "the answer from 127.0.0.1:\(port) is not HTTP", after: nil))
    }

    @Test("an endless answer keeps its verdict and loses its connection")
    func endless() async throws {
        let chunk = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withReceiver(
            configure: { $0.concurrency = 1 },
            script: { $0.sequence == 1 ? .endless(head: head, chunk: chunk) : .ok }
        ) { under, receiver in
            under.deliver(1...2)
            await under.collector.results(2)
            #expect(under.collector.delivered == [1, 2])
            #expect(receiver.connections == 2)
        }
        let (failure, _) = try await self.failure(
            .endless(head: "HTTP/1.1 429 Slow\r\nRetry-After: 5\r\nTransfer-Encoding: chunked\r\n\r\n", chunk: chunk)
        )
        guard case .retry(_, .seconds(5)) = failure else { return #expect(Bool(false), "\(failure)") }
    }

    @Test("one slow endpoint does not hold up another sink of the engine")
    func sinksAreApart() async throws {
        let slow = try await ScriptedReceiver { _ in .nothing }
        try await withReceiver(script: { _ in .ok }) { under, _ in
            let other = HTTPSink(name: "slow", configuration: .init(url: slow.url), engine: under.engine)
            try other.open()
            other.deliver(
                DeliveryBatch(
                    context: under.context,
                    sink: 1,
                    deliveries: [
                        Delivery(
                            envelope: Envelope(sequence: 1, timestamp: 0, redelivered: false, body: ByteBuffer()),
                            attempt: 1
                        )
                    ],
                    receiver: under.collector
                )
            )
            under.deliver(1...100)
            await under.collector.results(100)
            #expect(under.collector.reports.allSatisfy { $0.sink == 0 })
            await other.close()
        }
        await slow.stop()
    }

    @Test("closing ends what runs at once, and reports none of it")
    func close() async throws {
        let receiver = try await ScriptedReceiver { $0.sequence <= 10 ? .ok : .nothing }
        let under = try SinkUnderTest(.init(url: receiver.url, concurrency: 16))
        try under.sink.open()
        under.deliver(1...500)
        await under.collector.results(10)
        try await eventually("all have come") { receiver.requests.count >= 26 }
        let clock = ContinuousClock()
        let start = clock.now
        await under.sink.close()
        // The requests themselves would take 30 s.
        #expect(clock.now - start < .seconds(15))
        under.deliver(501...600)
        try await eventually("the connections are gone") { receiver.openConnections <= 10 }
        await under.engine.shutdown()
        #expect(Set(under.collector.delivered) == Set(1...10))
        #expect(under.collector.failed.isEmpty)
        #expect(receiver.requests.count == 26)
        await receiver.stop()
    }

    @Test("a batch's receiver is let go of once everything is reported")
    func receiverIsReleased() async throws {
        try await withReceiver(script: { _ in .ok }) { under, _ in
            weak var gone: Collector?
            do {
                let collector = Collector()
                gone = collector
                let envelope = Envelope(sequence: 1, timestamp: 0, redelivered: false, body: ByteBuffer(string: "x"))
                under.sink.deliver(
                    DeliveryBatch(
                        context: under.context,
                        sink: 0,
                        deliveries: [Delivery(envelope: envelope, attempt: 1)],
                        receiver: collector
                    )
                )
                await collector.results(1)
            }
            // The engine is past the report when it has done something that came later.
            under.deliver([2])
            await under.collector.results(1)
            #expect(gone == nil)
        }
    }

    @Test(
        "what cannot be used is refused when the sink opens, in words, and without quoting the url",
        arguments: [
            (HTTPSink.Configuration(url: "ftp://user:s3cret@host/"), "scheme"),
            (HTTPSink.Configuration(url: "http://:s3cret@/"), "host"),
            (HTTPSink.Configuration(url: "not a url s3cret"), "url"),
            (HTTPSink.Configuration(url: "http://host/", method: "GET"), "method"),
            (HTTPSink.Configuration(url: "http://host/", concurrency: 0), "concurrency"),
            (HTTPSink.Configuration(url: "http://host/", timeout: .zero), "timeout"),
            (HTTPSink.Configuration(url: "http://host/", headers: [.init(name: "X Y", value: "1")]), "header name"),
            (HTTPSink.Configuration(url: "http://host/", headers: [.init(name: "X", value: "s3cret\r\nY: 2")]), "header X"),
            (HTTPSink.Configuration(url: "http://host/", headers: [.init(name: "Stan-Channel", value: "x")]), "Stan-Channel"),
            (HTTPSink.Configuration(url: "http://host/", headers: [.init(name: "content-length", value: "1")]), "content-length"),
        ]
    )
    func refusedConfiguration(configuration: HTTPSink.Configuration, named: String) async throws {
        let under = try SinkUnderTest(configuration)
        let error = #expect(throws: SinkError.self) { try under.sink.open() }
        #expect(error?.description.contains(named) == true, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("http sink \"billing\": ") == true)
        #expect(error?.description.contains("s3cret") == false)
        await under.engine.shutdown()
    }
}
