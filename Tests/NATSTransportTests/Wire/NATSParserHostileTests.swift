import NIOCore
import TestSupport
import Testing

@testable import NATSTransport

@Suite("NATS parser and bytes that are not NATS")
struct NATSParserHostileTests {
    @Test(
        "Malformed input is named for what it is",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n", .unknownOperation("HTTP/1.1 400 Bad Request")),
            ("\r\n", .unknownOperation("")),
            ("PINGS\r\n", .unknownOperation("PINGS")),
            ("SUB a 1\r\n", .unknownOperation("SUB a 1")),
            ("\u{1}\u{7f}é\n", .unknownOperation("????")),
            ("MSG\r\n", .malformed("MSG")),
            ("MSG a 1\r\n", .malformed("MSG")),
            ("MSG a 1 r 5 5\r\n", .malformed("MSG")),
            ("MSG a 1 2 3 4 5 6\r\n", .malformed("MSG")),
            ("MSG a x 5\r\n", .malformed("MSG")),
            ("MSG a 1 -5\r\n", .malformed("MSG")),
            ("MSG a 1 +5\r\n", .malformed("MSG")),
            ("MSG a 1 0x5\r\n", .malformed("MSG")),
            ("MSG a 1 99999999999999999999999999\r\n", .malformed("MSG")),
            ("MSG a 18446744073709551616 5\r\n", .malformed("MSG")),
            ("HMSG a 1 5\r\n", .malformed("HMSG")),
            ("HMSG a 1 6 5\r\n", .malformed("HMSG")),
            ("HMSG a 1 x 5\r\n", .malformed("HMSG")),
            ("MSG a 1 67108865\r\n", .messageTooLarge(size: 67_108_865, limit: FrameScanner.maximumBody)),
            (
                "HMSG a 1 12 999999999999999999\r\n",
                .messageTooLarge(size: 999_999_999_999_999_999, limit: FrameScanner.maximumBody)
            ),
            ("MSG a 1 2\r\nabc\r\n", .payloadNotTerminated),
            ("MSG a 1 2\r\nab\n\n", .payloadNotTerminated),
            ("MSG a 1 4\r\nab\r\nPING\r\n", .payloadNotTerminated),
        ] as [(String, NATSProtocolError)]
    )
    func malformed(_ text: String, _ error: NATSProtocolError) {
        #expect(ParseOutcome("PING\r\n" + text) == ParseOutcome(frames: [.ping], error: error))
        #expect(ParseOutcome(text, parts: Array(repeating: 1, count: text.utf8.count)) == ParseOutcome(error: error))
        #expect(!error.description.isEmpty)
    }

    @Test("A line without an end is given up at its limit", arguments: ["INFO ", "x", "MSG ", ""])
    func endlessLine(_ start: String) {
        var parser = NATSParser()
        var outcome = ParseOutcome()
        var fed = 0
        let part = Array(repeating: UInt8(ascii: "a"), count: 1000)
        outcome.feed(Array(start.utf8), to: &parser)
        while outcome.error == nil, fed < 2 * FrameScanner.maximumLine {
            outcome.feed(part, to: &parser)
            fed += part.count
        }
        #expect(outcome == ParseOutcome(error: .lineTooLong(limit: FrameScanner.maximumLine)))
        #expect(fed <= FrameScanner.maximumLine + part.count)
    }

    @Test("A line of the largest length is taken, one byte more is not")
    func longestLine() {
        let json = String(repeating: " ", count: FrameScanner.maximumLine - 8) + "{}"
        #expect(ParseOutcome("INFO \(json)\r\n").frames == [.info("{}")])
        #expect(ParseOutcome("INFO  \(json)\r\n").error == .lineTooLong(limit: FrameScanner.maximumLine))
    }

    @Test("A message of the largest size only waits for its bytes")
    func largestAnnounced() {
        #expect(ParseOutcome("MSG a 1 \(FrameScanner.maximumBody)\r\nabc") == ParseOutcome())
    }

    @Test(
        "120,000 damaged streams: never a crash, never a loop, the same outcome however they are cut",
        .serialized,
        arguments: 0..<4
    )
    func fuzz(_ seed: UInt64) async {
        var generator = SeededGenerator(seed: seed)
        let valid = ParserVectors.stream.map { Array($0.text.utf8) }
        for run in 0..<30_000 {
            // The tests that wait for sockets share the threads.
            if run % 500 == 0 { await Task.yield() }
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &generator) { bytes += valid.randomElement(using: &generator) ?? [] }
            generator.mutate(&bytes)
            let whole = ParseOutcome(bytes)
            // The shortest frame is "+OK\n": a parser that gave out more would not consume.
            if whole.frames.count * 4 > bytes.count { Issue.record("seed \(seed) run \(run): \(whole.frames.count) frames") }
            let parts = (0..<4).map { _ in Int.random(in: 1...30, using: &generator) }
            if ParseOutcome(bytes, parts: parts) != whole {
                Issue.record("seed \(seed) run \(run): depends on the cuts: \(bytes)")
            }
        }
    }
}
