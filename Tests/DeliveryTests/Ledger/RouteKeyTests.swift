import Delivery
import Matching
import NIOCore
import Testing

@Suite("Keys of messages")
struct RouteKeyTests {
    private func key(_ value: String) throws -> RouteKey {
        try JSONPointer("/k").key(in: ByteBuffer(string: "{\"k\": \(value) , \"other\": 0}"))
    }

    @Test(
        "equal values are one key, however they are written",
        arguments: [
            ["1", "1.0", "1e0", "10e-1", "0.1e1", "1E+0", "1.000", "100e-2", "0.00001e5", "1e-0"],
            ["0", "-0", "0.0", "0e5", "-0.0e-7", "0e99999999999999999999"],
            ["-120", "-1.2e2", "-12e1", "-120.0"],
            ["0.5", "5e-1", "0.50", "50e-2"],
            ["12345678901234567890123", "12345678901234567890123.0", "1234567890123456789012.3e1"],
            ["1e400", "10e399", "0.1e401"],
            [#""a/é😀""#, #""\u0061\/\u00E9\ud83d\uDE00""#, #""a\/é\uD83D\ude00""#],
            [#""\n\t\b\f\r\"\\""#, #""\u000a\u0009\u0008\u000C\u000d\u0022\u005c""#],
            [#"{"a": [1, "b c"]}"#, "{ \"a\":\n[1,\"b c\"] }", #"{"a":[1,"b c"]}"#],
            [#"["\" "]"#, #"[ "\" " ]"#],
            ["null"], ["true"], ["false"],
        ]
    )
    func equal(values: [String]) throws {
        let keys = try values.map { try self.key($0) }
        #expect(Set(keys).count == 1)
        #expect(keys.first != .absent)
    }

    @Test("different values are different keys")
    func different() throws {
        let values = [
            "0", "1", "-1", "10", "0.1", "1e1000000000000000", "1e1000000000000001", "12345678901234567890123",
            "12345678901234567890124", "9007199254740992", "9007199254740993", "1e400", "1e401", "\"1\"", "\"\"", "\" \"",
            "\"true\"",
            "true", "false", "null", "\"null\"", "[]", "{}", "[[]]", "[1]", "[1.0]", #"["a b"]"#, #"["ab"]"#, #""\ud800""#,
            #""\ud801""#, #""\udc00""#, "\"\u{FFFD}\"", "\"é\"", "\"e\u{301}\"", "\"[]\"", #"["\"", 1]"#, #"["\" ", 1]"#,
        ]
        let keys = try values.map { try self.key($0) }
        #expect(Set(keys).count == values.count)
        #expect(!keys.contains(.absent))
    }

    @Test("messages without a value have one key together, which null is not")
    func absent() throws {
        let pointer = try JSONPointer("/k")
        for body in ["{}", "[]", "1", "", "{\"k\": 1", "plain text", "{\"K\": 1}"] {
            #expect(pointer.key(in: ByteBuffer(string: body)) == .absent)
        }
        #expect(try self.key("null") != .absent)
        #expect(try self.key("\"\"") != .absent)
    }
}
