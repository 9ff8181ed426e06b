import Delivery
import NIOCore
import Testing

/// Asking for documents.
@Suite("HTTP fetcher", .timeLimit(.minutes(1)))
struct HTTPFetcherTests {
    private static func fetcher(
        _ receiver: ScriptedReceiver,
        path: String = "",
        bearer: String? = nil,
        timeout: Duration = .seconds(20)
    ) throws -> HTTPFetcher {
        try HTTPFetcher(
            url: "http://127.0.0.1:\(receiver.port)\(path)",
            bearer: bearer,
            timeout: timeout,
            maximumBytes: 1000,
            userAgent: "test/1"
        )
    }

    private static func answer(_ text: String, status: Int = 200) -> Result<HTTPFetcher.Answer, HTTPFetcher.Failure> {
        .success(.init(status: status, body: Array(text.utf8)))
    }

    @Test("it asks with GET, what is in the query encoded, and gives back status and body, over one connection")
    func get() async throws {
        let receiver = try await ScriptedReceiver { request in
            .status(request.index == 0 ? 200 : 404, body: "answer \(request.index)")
        }
        let fetcher = try Self.fetcher(receiver, path: "/base/", bearer: "open-sesame")
        #expect(await fetcher.get("/a", [("channel", "a b&c=d/é+%"), ("subs", "1")]) == Self.answer("answer 0"))
        #expect(await fetcher.get("/b") == Self.answer("answer 1", status: 404))
        let requests = receiver.requests
        #expect(
            requests.map(\.line) == ["GET /base/a?channel=a%20b%26c%3Dd%2F%C3%A9%2B%25&subs=1 HTTP/1.1", "GET /base/b HTTP/1.1"]
        )
        #expect(requests.allSatisfy { $0["Authorization"] == "Bearer open-sesame" && $0["User-Agent"] == "test/1" })
        #expect(receiver.connections == 1)
        await receiver.stop()
    }

    @Test("an answer as large as it may be is taken, and one that is larger is not, be it endless")
    func size() async throws {
        let receiver = try await ScriptedReceiver { request in
            switch request.line.split(separator: " ")[1] {
            case "/fits": .status(200, body: String(repeating: "x", count: 1000))
            case "/large": .status(200, body: String(repeating: "x", count: 1001))
            default:
                .endless(
                    head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                    chunk: "10\r\n0123456789abcdef\r\n"
                )
            }
        }
        let fetcher = try Self.fetcher(receiver)
        #expect(await fetcher.get("/fits") == Self.answer(String(repeating: "x", count: 1000)))
        let reason = HTTPFetcher.Failure("http://127.0.0.1:\(receiver.port): its answer is larger than 1000 bytes")
        #expect(await fetcher.get("/large") == .failure(reason))
        #expect(await fetcher.get("/endless") == .failure(reason))
        #expect(await fetcher.get("/fits") == Self.answer(String(repeating: "x", count: 1000)))
        await receiver.stop()
    }

    @Test("one that does not answer is not waited for longer than it may take, and one that is not there not at all")
    func noAnswer() async throws {
        let receiver = try await ScriptedReceiver { _ in .nothing }
        let slow = try Self.fetcher(receiver, timeout: .milliseconds(100))
        guard case .failure(let failure) = await slow.get("/") else { throw SinkError("it has answered") }
        #expect(failure.description == "no whole answer from 127.0.0.1:\(receiver.port) within 100ms")
        await receiver.stop()
        let refused = try Self.fetcher(receiver)
        guard case .failure(let refusal) = await refused.get("/") else { throw SinkError("it has answered") }
        #expect(refusal.description.contains("connection refused"), "\(refusal)")
    }

    @Test("a question that is cancelled ends at once, and so does every later one")
    func cancel() async throws {
        let receiver = try await ScriptedReceiver { _ in .nothing }
        let fetcher = try Self.fetcher(receiver)
        let start = ContinuousClock.now
        let task = Task { await fetcher.get("/") }
        while receiver.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        guard case .failure = await task.value, case .failure = await fetcher.get("/") else { throw SinkError("it has answered") }
        #expect(ContinuousClock.now - start < .seconds(10))
        await receiver.stop()
    }

    @Test("redirects are not followed")
    func redirect() async throws {
        let receiver = try await ScriptedReceiver { _ in .status(302, headers: ["Location: /elsewhere"], body: "there") }
        #expect(await (try Self.fetcher(receiver)).get("/") == Self.answer("there", status: 302))
        #expect(receiver.requests.count == 1)
        await receiver.stop()
    }

    @Test("what cannot be a header is refused, and not repeated", arguments: ["a\nb", "é", "a\u{0}"])
    func badToken(token: String) throws {
        let error = #expect(throws: SinkError.self) {
            try HTTPFetcher(url: "http://h", bearer: token, timeout: .seconds(1), maximumBytes: 1, userAgent: "t")
        }
        #expect(error?.description.contains(token) == false)
    }
}
