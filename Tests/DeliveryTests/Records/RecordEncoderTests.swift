import Delivery
import Foundation
import Testing

@Suite("File record encoder")
struct RecordEncoderTests {
    private func encode(
        _ body: [UInt8],
        format: RecordFormat = .json,
        channel: String = "orders",
        redelivered: Bool = false
    ) throws -> String {
        var encoder = RecordEncoder(format: format)
        var buffer = RecordBuffer()
        try encoder.encode(envelope(7, body, redelivered: redelivered), of: context(channel: channel), into: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static let opening = #"{"channel":"orders","sequence":7,"timestamp":"2020-09-13T12:26:40.123456789Z","#

    @Test(
        "a body that is JSON on one line is the data itself, byte for byte",
        arguments: [
            #"{"a":1}"#, "[]", "17", "-0.5e+10", "true", "null", #""text""#, #" {"a" : [1, 2]} "#, "{\"a\":\"\u{2028}é\"}",
            #"{"n":123456789012345678901234567890}"#, #"{"a":1,"a":2}"#,
        ]
    )
    func data(_ body: String) throws {
        try #expect(self.encode(Array(body.utf8)) == Self.opening + "\"data\":\(body)}\n")
    }

    @Test(
        "a body that is not JSON, or not on one line, is text with its escapes",
        arguments: [
            ("", #""""#),
            ("hello", #""hello""#),
            ("{\"a\":\n1}", #""{\"a\":\n1}""#),
            ("{\"a\":1}\n", #""{\"a\":1}\n""#),
            ("{\"a\":\r1}", #""{\"a\":\r1}""#),
            ("{'a':1}", #""{'a':1}""#),
            ("a\"b\\c/d", #""a\"b\\c/d""#),
            ("\u{0}\u{1}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{1F}\u{7F}", "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\u{7F}\""),
            ("a\u{2028}b\u{2029}c\u{2027}d\u{202A}", "\"a\\u2028b\\u2029c\u{2027}d\u{202A}\""),
            ("é€😀\u{FFFD}", "\"é€😀\u{FFFD}\""),
        ]
    )
    func text(_ body: String, _ expected: String) throws {
        let record = try self.encode(Array(body.utf8))
        #expect(record == Self.opening + "\"text\":\(expected)}\n")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: Any])
        #expect((object["text"] as? String).map { Array($0.utf8) } == Array(body.utf8))
    }

    @Test("every ASCII character is escaped, or not, wherever it stands in the text")
    func escapesEverywhere() throws {
        let short: [UInt8: String] = [
            0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: "\\\"", 0x5C: "\\\\",
        ]
        for byte: UInt8 in 0..<128 {
            let character = String(UnicodeScalar(byte))
            let control = "\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            let escaped = short[byte] ?? (byte < 0x20 ? control : character)
            for position in 0..<18 {
                for other in ["x", "\u{80}"] {
                    let before = String(repeating: other, count: position)
                    let after = String(repeating: other, count: 17 - position)
                    let record = try self.encode(Array((before + character + after).utf8))
                    #expect(record == Self.opening + "\"text\":\"\(before)\(escaped)\(after)\"}\n")
                }
            }
        }
    }

    @Test("a byte order mark is text, and stays")
    func byteOrderMark() throws {
        try #expect(self.encode(Array("\u{FEFF}{}".utf8)) == Self.opening + "\"text\":\"\u{FEFF}{}\"}\n")
    }

    @Test(
        "a body that is not UTF-8 is base64",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x61, 0xE2, 0x80], [0xE2, 0x80, 0xA8, 0xFF],
            [0x22, 0xFF, 0x22], [0xFF, 0x0A, 0xFE, 0x00],
        ] as [[UInt8]]
    )
    func base64(_ body: [UInt8]) throws {
        try #expect(self.encode(body) == Self.opening + "\"data_base64\":\"\(Data(body).base64EncodedString())\"}\n")
    }

    @Test("base64 is right for every length and value")
    func base64Lengths() {
        for length in 0...260 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
            var buffer = RecordBuffer(capacity: 1)
            bytes.withUnsafeBytes { buffer.append(base64: $0) }
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == Data(bytes).base64EncodedString())
        }
    }

    @Test("every short sequence of bytes can be had back from its record, which is one line")
    func roundTrip() throws {
        let interesting: [UInt8] = [
            0x00, 0x0A, 0x0D, 0x20, 0x22, 0x2C, 0x31, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x7F, 0x80, 0xA8, 0xC3, 0xE2, 0xF0, 0xFF,
        ]
        for first in interesting {
            for second in interesting {
                for third in interesting {
                    let body = [first, second, third]
                    let record = try self.encode(body)
                    #expect(record.utf8.filter { $0 == 0x0A }.count == 1 && record.utf8.last == 0x0A)
                    let object = try #require(try JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: Any])
                    let back: [UInt8]? =
                        if let text = object["text"] as? String {
                            Array(text.utf8)
                        } else if let text = object["data_base64"] as? String {
                            Data(base64Encoded: text).map { Array($0) }
                        } else {
                            Array(record.utf8.dropFirst(Self.opening.utf8.count + 7).dropLast(2))
                        }
                    #expect(back == body)
                }
            }
        }
    }

    @Test("the redelivered flag stands there only when the server set it")
    func redelivered() throws {
        let record = try self.encode(Array("1".utf8), redelivered: true)
        #expect(record == Self.opening + "\"redelivered\":true,\"data\":1}\n")
    }

    @Test("a channel's name is escaped, and kept apart from the next route's")
    func channels() throws {
        try #expect(self.encode([0x31], channel: "a\"\\\n").hasPrefix(#"{"channel":"a\"\\\n","sequence":7,"#))
        var encoder = RecordEncoder(format: .json)
        var buffer = RecordBuffer()
        for channel in ["a", "b", "a"] {
            try encoder.encode(envelope(1, [0x31]), of: context(channel: channel), into: &buffer)
        }
        let channels = String(decoding: buffer.bytes, as: UTF8.self).split(separator: "\n").map { $0.prefix(14) }
        #expect(channels == [#"{"channel":"a""#, #"{"channel":"b""#, #"{"channel":"a""#])
    }

    @Test("raw is the body and a newline", arguments: ["", "hello", "with \r, \u{2028} and \u{0}"])
    func raw(_ body: String) throws {
        try #expect(self.encode(Array(body.utf8), format: .raw) == body + "\n")
    }

    @Test("raw refuses a body with a newline, and leaves nothing of it behind", arguments: ["\n", "a\nb", "a\n", "\nb"])
    func rawRefuses(_ body: String) throws {
        var encoder = RecordEncoder(format: .raw)
        var buffer = RecordBuffer()
        try encoder.encode(envelope(1, [0x61]), of: context(), into: &buffer)
        var refusal: RecordEncoder.Refusal?
        do {
            try encoder.encode(envelope(2, Array(body.utf8)), of: context(), into: &buffer)
        } catch {
            refusal = error
        }
        #expect(refusal?.reason.contains("newline") == true && refusal?.reason.contains("\"json\"") == true)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "a\n")
    }

    @Test(
        "length delimited is four bytes of length, the highest first, and the body, whatever it is",
        arguments: [
            ([], [0, 0, 0, 0]), ([0x0A], [0, 0, 0, 1, 0x0A]), ([0, 0xFF, 0x0A, 0x0D], [0, 0, 0, 4, 0, 0xFF, 0x0A, 0x0D]),
        ] as [([UInt8], [UInt8])]
    )
    func lengthDelimited(_ body: [UInt8], _ expected: [UInt8]) throws {
        var encoder = RecordEncoder(format: .lengthDelimited)
        var buffer = RecordBuffer()
        try encoder.encode(envelope(7, body, redelivered: true), of: context(), into: &buffer)
        #expect(Array(buffer.bytes) == expected)
    }

    @Test("length delimited records stand one behind the other, and can be had back, whatever their lengths")
    func lengthDelimitedRoundTrip() throws {
        var encoder = RecordEncoder(format: .lengthDelimited)
        var buffer = RecordBuffer(capacity: 1)
        let bodies = [0, 1, 255, 256, 65_535, 65_536, 70_000, 0, 3].map { length in
            (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ length) }
        }
        for (index, body) in bodies.enumerated() {
            try encoder.encode(envelope(UInt64(index + 1), body), of: context(), into: &buffer)
        }
        var rest = Array(buffer.bytes)[...]
        var back: [[UInt8]] = []
        while !rest.isEmpty {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            back.append(Array(rest.dropFirst(4).prefix(length)))
            rest = rest.dropFirst(4 + length)
        }
        #expect(back == bodies)
    }

    @Test(
        "decimal numbers",
        arguments: [0, 1, 9, 10, 99, 100, 18_446_744_073_709_551_615, 10_000_000_000_000_000_000] as [UInt64]
    )
    func decimals(_ value: UInt64) {
        var buffer = RecordBuffer()
        buffer.append(decimal: value)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(value)")
    }

    @Test("every power of ten and its neighbours")
    func powersOfTen() {
        var power: UInt64 = 1
        for _ in 0..<20 {
            for value in [power &- 1, power, power &+ 1] {
                var buffer = RecordBuffer()
                buffer.append(decimal: value)
                #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(value)")
            }
            power = power.multipliedReportingOverflow(by: 10).partialValue
        }
    }
}
