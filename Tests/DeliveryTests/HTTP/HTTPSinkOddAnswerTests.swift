import Delivery
import NIOCore
import Testing

@Suite("Odd answers to the http sink", .timeLimit(.minutes(2)))
struct HTTPSinkOddAnswerTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// What becomes of one message, with `ADDRESS` in the place of the receiver's in the reason.
    ///
    /// - Returns: nil when it is delivered.
    private func failure(
        configure: (inout HTTPSink.Configuration) -> Void = { _ in },
        _ reply: ScriptedReceiver.Reply
    ) async throws -> DeliveryFailure? {
        var failures: [DeliveryFailure] = []
        try await withReceiver(configure: configure, script: { _ in reply }) { under, receiver in
            under.deliver([7])
            await under.collector.results(1)
            failures = under.collector.failed.map {
                let reason = $0.failure.reason.replacing("127.0.0.1:\(receiver.port)", with: "ADDRESS")
                return switch $0.failure {
                case .retry(_, let after): .retry(reason: reason, after: after)
                case .rejected: .rejected(reason: reason)
                case .unavailable(_, let after): .unavailable(reason: reason, after: after)
                }
            }
            #expect(under.collector.delivered == (failures.isEmpty ? [7] : []))
        }
        return failures.first
    }

    // MARK: Answers that do not end

    @Test(
        "an answer that stops in its head, in its body or before it begins is no answer when the time is up",
        arguments: [
            "H", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n",
        ]
    )
    func hang(text: String) async throws {
        let failure = try await self.failure(configure: { $0.timeout = .milliseconds(250) }, .raw(text))
        #expect(failure == .retry(reason: "no whole answer from ADDRESS within 250ms", after: nil))
    }

    @Test("an answer that comes a byte at a time is whole when it is whole, and its connection serves again")
    func trickle() async throws {
        let refused = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\n\r\n"
        try await withReceiver(
            configure: { $0.concurrency = 1 },
            script: { .trickle($0.sequence == 3 ? refused : "HTTP/1.1 100 Continue\r\n\r\n" + Self.ok) }
        ) { under, receiver in
            under.deliver(1...3)
            await under.collector.results(3)
            #expect(under.collector.delivered == [1, 2])
            let reason = "HTTP 503 from 127.0.0.1:\(receiver.port): \"busy\""
            #expect(under.collector.failed == [.init(sequence: 3, failure: .retry(reason: reason, after: .seconds(7)))])
            #expect(receiver.connections == 1)
        }
    }

    @Test("an answer that comes a byte at a time has no more time than any other")
    func slowTrickle() async throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 1_000_000)
        let failure = try await self.failure(configure: { $0.timeout = .milliseconds(250) }, .trickle(text))
        #expect(failure == .retry(reason: "no whole answer from ADDRESS within 250ms", after: nil))
    }

    @Test("of an answer of a gigabyte no more than the beginning is read, and its status counts", arguments: [200, 404, 503])
    func gigabyte(status: Int) async throws {
        let head = "HTTP/1.1 \(status) Whatever\r\nContent-Length: 1073741824\r\n\r\n"
        let chunk = String(repeating: "x", count: 0x10000)
        try await withReceiver(
            configure: { $0.concurrency = 1 },
            script: { $0.sequence == 1 ? .endless(head: head, chunk: chunk) : .ok }
        ) { under, receiver in
            under.deliver(1...2)
            await under.collector.results(2)
            let reason = "HTTP \(status) from 127.0.0.1:\(receiver.port): \"\(String(repeating: "x", count: 200))\""
            switch status {
            case 200: #expect(under.collector.failed == [])
            case 404: #expect(under.collector.failed.map(\.failure) == [.rejected(reason: reason)])
            default: #expect(under.collector.failed.map(\.failure) == [.retry(reason: reason, after: nil)])
            }
            // The system's buffers on both sides take some megabytes that nobody reads.
            #expect(receiver.endlessBytes < 1 << 25)
            #expect(receiver.connections == 2)
        }
    }

    @Test(
        "a head without an end is given up long before it fills the memory",
        arguments: [
            ("HTTP/1.1 200 OK\r\nX-First: ", "X-Line: 0123456789\r\n"), ("HTTP/1.1 200 OK\r\nX-First: ", "0123456789"),
            ("HTTP/1.1 200 ", "0123456789"), ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
        ]
    )
    func endlessHead(beginning: String, piece: String) async throws {
        let chunk = String(repeating: piece, count: 0x1000)
        try await withReceiver(script: { _ in .endless(head: beginning, chunk: chunk) }) { under, receiver in
            under.deliver([7])
            await under.collector.results(1)
            let reason = "the head of the answer from 127.0.0.1:\(receiver.port) is too large"
            #expect(under.collector.failed == [.init(sequence: 7, failure: .retry(reason: reason, after: nil))])
            #expect(receiver.endlessBytes < 1 << 25)
        }
    }

    // MARK: Answers that are cut off

    @Test(
        "a connection that is reset without an answer, in its head or in its body is tried again",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 103 Early Hints\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        ]
    )
    func reset(text: String) async throws {
        let failure = try await self.failure(.rawThenReset(text))
        let reason = "ADDRESS ended the connection before the answer was whole: Recv failure: Connection reset by peer"
        #expect(failure == .retry(reason: reason, after: nil))
    }

    // MARK: Answers in strange forms

    @Test(
        "answers that announce another one are passed over",
        arguments: [
            "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100\r\n\r\nHTTP/1.1 100 Again\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nRetry-After: 100\r\n\r\n",
        ]
    )
    func interim(text: String) async throws {
        #expect(try await self.failure(.raw(text + Self.ok)) == nil)
        let busy = try await self.failure(.raw(text + "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))
        #expect(busy == .retry(reason: "HTTP 503 from ADDRESS", after: nil))
        let gone = try await self.failure(.raw(text + "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        #expect(gone == .rejected(reason: "HTTP 404 from ADDRESS"))
    }

    @Test(
        "a status line without a status is none",
        arguments: [
            "HTTP/1.1\r\n", "HTTP/1.1 \r\n", "HTTP/1.1 OK\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1 -200 OK\r\n",
            "HTTP/1.1 2000 OK\r\n", "HTTP/9.9 200 OK\r\n", "HTTP/1.1200 OK\r\n", "ICY 200 OK\r\n", "\r\n", "\u{0}\u{0}\r\n",
        ]
    )
    func statusLine(line: String) async throws {
        let failure = try await self.failure(.rawThenClose(line + "Content-Length: 2\r\n\r\nok"))
        #expect(failure == .retry(reason: "the answer from ADDRESS is not HTTP", after: nil))
    }

    @Test(
        "a status line needs no words, and its words may be anything",
        arguments: [
            "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 299 HTTP/1.1 500", "HTTP/1.1 200 \u{1B}[31m\u{FC}", "HTTP/1.0 204",
        ]
    )
    func reasonPhrase(line: String) async throws {
        #expect(try await self.failure(.raw(line + "\r\nContent-Length: 0\r\n\r\n")) == nil)
    }

    @Test("an answer of HTTP/1.0 ends with its connection, and the next message gets another one")
    func http10() async throws {
        try await withReceiver(
            configure: { $0.concurrency = 1 },
            script: { .rawThenClose("HTTP/1.0 \($0.sequence == 5 ? "503 Busy" : "200 OK")\r\n\r\nuntil the end") }
        ) { under, receiver in
            under.deliver(1...10)
            await under.collector.results(10)
            #expect(under.collector.delivered == [1, 2, 3, 4, 6, 7, 8, 9, 10])
            let reason = "HTTP 503 from 127.0.0.1:\(receiver.port): \"until the end\""
            #expect(under.collector.failed == [.init(sequence: 5, failure: .retry(reason: reason, after: nil))])
            #expect(receiver.connections == 10)
            #expect(receiver.requests.count == 10)
        }
    }

    @Test(
        "an answer in chunks, with extensions and trailers, leaves its connection fit for the next request",
        arguments: ["", "X-Checksum: 1\r\n", "Retry-After: 9\r\nStatus: 404\r\n"]
    )
    func trailers(trailer: String) async throws {
        let body = "5;name=value\r\nhello\r\n1;x\r\n!\r\n0\r\n\(trailer)\r\n"
        try await withReceiver(
            configure: { $0.concurrency = 1 },
            script: { .raw("HTTP/1.1 \($0.sequence % 2 == 0 ? 503 : 200) Whatever\r\nTransfer-Encoding: chunked\r\n\r\n\(body)") }
        ) { under, receiver in
            under.deliver(1...10)
            await under.collector.results(10)
            #expect(under.collector.delivered == [1, 3, 5, 7, 9])
            let failure = DeliveryFailure.retry(reason: "HTTP 503 from 127.0.0.1:\(receiver.port): \"hello!\"", after: nil)
            #expect(under.collector.failed == [2, 4, 6, 8, 10].map { .init(sequence: $0, failure: failure) })
            #expect(receiver.connections == 1)
        }
    }

    @Test(
        "an answer whose body makes no sense is tried again, and the reason says what is wrong with it",
        arguments: [
            ("Content-Length: x", "Content-Length"), ("Content-Length: -1", "Content-Length"),
            ("Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", "chunk"),
            ("Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n", "chunk"),
            ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n", "chunk"),
            ("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\nhello\r\n", "chunk"),
            ("Transfer-Encoding: chunked\r\n\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n", "chunk"),
        ]
    )
    func nonsenseBody(lines: String, what: String) async throws {
        let failure = try await self.failure(.rawThenClose("HTTP/1.1 200 OK\r\n\(lines)\r\n\r\n"))
        guard case .retry(let reason, nil) = failure else { return #expect(Bool(false), "\(String(describing: failure))") }
        // In libcurl's words, which vary.
        #expect(reason.hasPrefix("the answer from ADDRESS is malformed: ") && reason.contains(what), "\(reason)")
    }

    @Test("what comes with an answer, after its end, is never taken for the answer to the next message")
    func unasked() async throws {
        let unasked = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        try await withReceiver(configure: { $0.concurrency = 1 }, script: { _ in .raw(Self.ok + unasked) }) { under, _ in
            under.deliver(1...20)
            await under.collector.results(20)
            #expect(under.collector.failed == [])
            #expect(under.collector.delivered == Array(1...20))
        }
    }
}
