import NIOCore
import Testing

@testable import NATSTransport

@Suite("NATS parser")
struct NATSParserTests {
    @Test("Every operation means the same however its bytes are cut in two", arguments: ParserVectors.stream.indices)
    func everySplit(_ index: Int) {
        let (text, frame) = ParserVectors.stream[index]
        let expected = ParseOutcome(frames: [frame])
        #expect(ParseOutcome(text) == expected)
        for position in 0...text.utf8.count { #expect(ParseOutcome(text, parts: [position]) == expected, "cut at \(position)") }
        #expect(ParseOutcome(text, parts: Array(repeating: 1, count: text.utf8.count)) == expected)
    }

    @Test("A stream of all operations means the same however it is cut", arguments: [1, 2, 3, 5, 7, 16, 64, 1000])
    func stream(_ length: Int) {
        let text = ParserVectors.stream.map(\.text).joined()
        let parts = Array(repeating: length, count: text.utf8.count / length)
        #expect(ParseOutcome(text, parts: parts) == ParseOutcome(frames: ParserVectors.stream.map(\.frame)))
        for position in 0...text.utf8.count {
            #expect(ParseOutcome(text, parts: [position]).frames == ParserVectors.stream.map(\.frame), "cut at \(position)")
        }
    }

    @Test("Many messages in one read come out in order")
    func manyInOneRead() {
        let bytes = (1...1000).map { "MSG foo \($0) \(String($0).utf8.count)\r\n\($0)\r\n" }.joined()
        #expect(ParseOutcome(bytes).frames == (1...1000).map { .message("foo", $0, String($0)) })
    }

    @Test("A message larger than a read is put together, whatever comes behind it", arguments: [1024, 4096, 65_536])
    func largeMessage(_ part: Int) {
        let payload = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var bytes = Array("MSG foo 1 \(payload.count)\r\n".utf8)
        bytes += payload
        bytes += Array("\r\nPING\r\n".utf8)
        let outcome = ParseOutcome(bytes, parts: Array(repeating: part, count: bytes.count / part))
        #expect(outcome.error == nil)
        #expect(outcome.frames.count == 2)
        #expect(outcome.frames.last == .ping)
        guard case .message(_, _, _, _, let received) = outcome.frames.first else {
            Issue.record("no message")
            return
        }
        // Not in the expectation itself, which would print eight megabytes.
        let isEqual = received == payload
        #expect(isEqual)
    }

    @Test("A message keeps its bytes when the parser has gone on")
    func messagesOutliveReads() throws {
        var parser = NATSParser()
        parser.feed(ByteBuffer(string: "MSG a 1 3\r\none\r\nMSG b 2 3\r\ntw"))
        guard case .message(let first) = try parser.next() else {
            Issue.record("no message")
            return
        }
        while try parser.next() != nil { Issue.record("half a message is none") }
        parser.feed(ByteBuffer(string: "o\r\nMSG c 3 5\r\nthree\r\n"))
        guard case .message(let second) = try parser.next() else {
            Issue.record("no message")
            return
        }
        while try parser.next() != nil {}
        #expect(ParsedFrame(.message(first)) == .message("a", 1, "one"))
        #expect(ParsedFrame(.message(second)) == .message("b", 2, "two"))
    }

    @Test("A status is read only where the headers begin with one")
    func status() {
        func status(_ headers: String) -> Int? {
            let size = headers.utf8.count
            guard case .message(_, _, _, let status, _) = ParseOutcome("HMSG r 1 \(size) \(size)\r\n\(headers)\r\n").frames.first
            else { return -1 }
            return status
        }
        #expect(status("NATS/1.0 503\r\n\r\n") == 503)
        #expect(status("NATS/1.0 503\r\nNats-Subject: x\r\n\r\n") == 503)
        #expect(status("NATS/1.0 408 Request Timeout\r\n\r\n") == 408)
        #expect(status("NATS/1.0\r\nA: 503\r\n\r\n") == nil)
        #expect(status("NATS/1.0\r\n\r\n") == nil)
        #expect(status("") == nil)
    }
}
