import NIOCore
import TestSupport
import Testing

@testable import Delivery

@Suite("Dead-letter records")
struct DeadLetterRecordTests {
    private static let context = RouteContext(
        route: "orders \"x\"",
        channel: "orders.é",
        cluster: "c",
        clientID: "i",
        sinkNames: ["hook", "ärchiv"]
    )

    private static func line(_ body: [UInt8], _ deadLetter: DeadLetter? = Self.deadLetter, redelivered: Bool = false) throws
        -> ByteBuffer
    {
        var encoder = RecordEncoder(format: .json)
        var buffer = RecordBuffer()
        let envelope = Envelope(
            sequence: .max,
            timestamp: 1_600_000_000_123_456_789,
            redelivered: redelivered,
            body: ByteBuffer(bytes: body)
        )
        try encoder.encode(envelope, of: Self.context, deadLetter: deadLetter, into: &buffer)
        #expect(buffer.bytes.last == UInt8(ascii: "\n"))
        return ByteBuffer(bytes: buffer.bytes.dropLast())
    }

    private static let deadLetter = DeadLetter(sink: 1, reason: "HTTP 500: \"\u{1}\\\n\"", attempts: .max, firstAttemptAt: -1)

    @Test("everything that was written is read again")
    func members() throws {
        let record = try DeadLetterRecord(line: Self.line(Array(#"{"a": [1, 2.50]}"#.utf8), redelivered: true))
        #expect(record.channel == "orders.é")
        #expect(record.sequence == .max)
        #expect(record.timestamp == 1_600_000_000_123_456_789)
        #expect(record.redelivered)
        #expect(record.route == "orders \"x\"")
        #expect(record.sink == "ärchiv")
        #expect(record.reason == Self.deadLetter.reason)
        #expect(record.attempts == .max)
        #expect(record.firstAttemptAt == "1969-12-31T23:59:59.999999999Z")
        #expect(String(buffer: record.body) == #"{"a": [1, 2.50]}"#)
    }

    @Test("bodies come back byte for byte, whatever they are", arguments: 0..<4 as Range<UInt64>)
    func bodies(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let examples = [
            "", "{}", " [1,\t2] ", "1e400", "-0", "\"\\ud800\"", "\"a\\u0000\"", "{\"a\":1,\"a\":2}", "text",
            "ü\u{2028}\"\\\n\r\u{7f}",
            #"{"data":1,"text":"x","sequence":7}"#, "nul", "123456789012345678901234567890",
        ]
        for run in 0..<500 {
            var bytes = Array((examples.randomElement(using: &generator) ?? "").utf8)
            switch run % 3 {
            case 0: break
            case 1:
                bytes += (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            default: generator.mutate(&bytes)
            }
            let record = try DeadLetterRecord(line: Self.line(bytes))
            if Array(record.body.readableBytesView) != bytes { Issue.record("seed \(seed) run \(run): \(bytes)") }
        }
    }

    @Test("what is no dead letter is said to be none, and why")
    func malformed() throws {
        let whole = try Self.line(Array("{}".utf8))
        for length in 0..<whole.readableBytes {
            let cut = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(throws: DeadLetterRecord.Malformed.self) { try DeadLetterRecord(line: cut) }
        }
        let message = try Self.line(Array("{}".utf8), nil)
        let error = #expect(throws: DeadLetterRecord.Malformed.self) { try DeadLetterRecord(line: message) }
        #expect(error?.description.contains("a file of messages rather than of dead letters") == true)
        for (from, to) in [
            ("\"sequence\":", "\"sequence\":-"), ("2020-09-13T", "2020-02-30T"), ("\"attempts\":", "\"attempts\":9"),
            ("\"data\":", "\"body\":"), ("\"reason\":", "\"raison\":"),
        ] {
            let damaged = ByteBuffer(string: String(buffer: whole).replacing(from, with: to))
            #expect(throws: DeadLetterRecord.Malformed.self, "\(to)") { try DeadLetterRecord(line: damaged) }
        }
    }

    @Test("timestamps are read as they are written", arguments: 0..<3 as Range<UInt64>)
    func timestamps(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let timestamp = Int64.random(in: .min ... .max, using: &generator)
            #expect(Timestamp.parse(Timestamp.format(timestamp)) == timestamp)
        }
        for text in ["", "2020-09-13T12:26:40Z", "2020-09-13 12:26:40.000000000Z", "2021-02-29T00:00:00.000000000Z"] {
            #expect(Timestamp.parse(text) == nil)
        }
    }
}
