import Delivery
import Foundation
import Matching
import NIOCore
import TestSupport
import Testing

@Suite("JSON pointers in messages")
struct JSONPointerLookupTests {
    /// The text that the pointer leads to.
    private func find(_ pointer: String, in text: String) throws -> String? {
        // Not at the start of its storage, as no message is.
        var body = ByteBuffer(string: "{} " + text)
        body.moveReaderIndex(forwardBy: 3)
        guard let finding = try JSONPointer(pointer).find(in: body) else { return nil }
        return body.getString(at: finding.range.lowerBound, length: finding.range.count)
    }

    private static let document = #"""
         {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
          "deep": {"a": [[], {"b" : {"c":[1 , [2,3] ,{"x":-1.5e3 }]} } ]}, "\u00e9\ud83d\ude00": "x", "t": true, "n": null, "e": {}}
        """#

    @Test(
        "lead where RFC 6901 says",
        arguments: [
            ("/foo", #"["bar", "baz"]"#), ("/foo/0", #""bar""#), ("/foo/1", #""baz""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"),
            ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"), ("/deep/a/0", "[]"),
            ("/deep/a/1/b/c/1/1", "3"), ("/deep/a/1/b/c/2/x", "-1.5e3"), ("/é😀", #""x""#), ("/t", "true"), ("/n", "null"),
            ("/e", "{}"), ("/foo/2", nil), ("/foo/-", nil), ("/foo/00", nil), ("/foo/bar", nil), ("/foo/0/0", nil), ("/x", nil),
            ("/e/x", nil), ("/deep/a/0/0", nil), ("/t/0", nil), ("/n/n", nil), ("//", nil), ("/fo", nil), ("/fooo", nil),
        ] as [(String, String?)]
    )
    func leads(pointer: String, text: String?) throws {
        #expect(try self.find(pointer, in: Self.document) == text)
    }

    @Test("the empty pointer is the whole message, without the space around it")
    func whole() throws {
        #expect(try self.find("", in: " \n[1, 2] ") == "[1, 2]")
        #expect(try self.find("", in: "7") == "7")
    }

    @Test("kinds")
    func kinds() throws {
        let body = ByteBuffer(string: #"[{}, [], "", 1, -1, true, false, null]"#)
        let kinds = try (0..<8).map { try JSONPointer("/\($0)").find(in: body)?.kind }
        #expect(kinds == [.object, .array, .string, .number, .number, .bool, .bool, .null])
    }

    @Test("of members with one name the last counts, however it is written, and even where it leads nowhere")
    func repeatedKeys() throws {
        #expect(try self.find("/a", in: #"{"a": 1, "b": 2, "\u0061": 3}"#) == "3")
        #expect(try self.find("/a/b", in: #"{"a": {"b": 1}, "a": {"b": 2, "b": 3}}"#) == "3")
        #expect(try self.find("/a/b", in: #"{"a": {"b": 1}, "a": 2}"#) == nil)
    }

    @Test("names are not taken for those that only look alike")
    func names() throws {
        #expect(try self.find("/\u{E9}", in: "{\"e\u{301}\": 1}") == nil)
        #expect(try self.find("/a\\u0062", in: #"{"ab": 1}"#) == nil)
        #expect(try self.find("/a\\u0062", in: #"{"a\\u0062": 1}"#) == "1")
        #expect(try self.find("/\\n", in: #"{"\n": 1}"#) == nil)
    }

    @Test(
        "a body that is not JSON has no values, not even before the place where it goes wrong",
        arguments: [
            "", " ", #"{"a": 1"#, #"{"a": 1,}"#, #"{"a": 1} x"#, "{\"a\": 1, \"b\": \"\u{1}\"}", #"{"a": 1, "b": 01}"#, "a",
        ]
    )
    func invalid(text: String) throws {
        #expect(try self.find("/a", in: text) == nil)
        #expect(try self.find("", in: text) == nil)
        #expect(try JSONPointer("/a").key(in: ByteBuffer(string: text)) == .absent)
        var bytes = ByteBuffer(string: #"{"a": 1, "b": ""#)
        bytes.writeBytes([0xFF, 0x22, 0x7D])
        #expect(try JSONPointer("/a").find(in: bytes) == nil)
    }

    private func nested(_ depth: Int) -> String {
        String(repeating: #"{"a":["#, count: depth / 2) + "1" + String(repeating: "]}", count: depth / 2)
    }

    @Test("values are found as deep as JSON may be, and deeper text has none")
    func depth() throws {
        let pointer = String(repeating: "/a/0", count: JSONText.maximumDepth / 2 - 100)
        #expect(try self.find("/a/0/a/0/a", in: self.nested(8)) == #"[{"a":[1]}]"#)
        #expect(try self.find(pointer, in: self.nested(JSONText.maximumDepth))?.hasPrefix("{") == true)
        #expect(try self.find("/a", in: self.nested(JSONText.maximumDepth + 2)) == nil)
        #expect(try self.find("/a", in: self.nested(1_000_000)) == nil)
    }

    @Test("large messages", .timeLimit(.minutes(1)))
    func large() throws {
        let long = String(repeating: "x", count: 1 << 20)
        #expect(try self.find("/b", in: #"{"a": "\#(long)", "b": 1}"#) == "1")
        #expect(try self.find("/b", in: #"{"\#(long)": 0, "b": 1}"#) == "1")
        let many = (0..<50_000).map { "\"k\($0)\": [\($0), {}]" }.joined(separator: ",")
        #expect(try self.find("/k49999/0", in: "{\(many)}") == "49999")
        let escapes = String(repeating: "\\u0061", count: 200_000)
        let key = try JSONPointer("").key(in: ByteBuffer(string: "\"\(escapes)\""))
        #expect(try key == JSONPointer("").key(in: ByteBuffer(string: "\"\(String(repeating: "a", count: 200_000))\"")))
    }

    /// What Foundation finds, for comparison.
    private func expected(_ names: [String], in value: Any?) -> Any? {
        guard let name = names.first else { return value }
        let rest = Array(names.dropFirst())
        if let object = value as? [String: Any] { return self.expected(rest, in: object[name]) }
        if let array = value as? [Any], let index = Int(name), array.indices.contains(index) {
            return self.expected(rest, in: array[index])
        }
        return nil
    }

    private func written(_ value: Any) throws -> Data {
        try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
    }

    private func random(_ depth: Int, using generator: inout SeededGenerator) -> String {
        func space() -> String { ["", "", " ", "\n\t"].randomElement(using: &generator) ?? "" }
        let count = Int.random(in: 0...3, using: &generator)
        switch depth == 0 ? 2 : Int.random(in: 0..<3, using: &generator) {
        case 0:
            let names = ["a", "b", "\\u0063", "0"].shuffled(using: &generator).prefix(count)
            let members = names.map { "\"\($0)\"\(space()):\(space())\(self.random(depth - 1, using: &generator))" }
            return "{\(space())" + members.joined(separator: "\(space()),\(space())") + "\(space())}"
        case 1:
            let elements = (0..<count).map { _ in space() + self.random(depth - 1, using: &generator) + space() }
            return "[" + elements.joined(separator: ",") + "]"
        default:
            return ["1", "-2.5e2", "\"}{][,:\"", "\"\\\"\\\\\"", "true", "null", "\"\""].randomElement(using: &generator) ?? "0"
        }
    }

    @Test(
        "finds in random texts what another reader finds, and in broken ones nothing that it does not",
        arguments: 0..<4 as Range<UInt64>
    )
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var found = 0
        for _ in 0..<300 {
            let text = self.random(4, using: &generator)
            let tree = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            for _ in 0..<10 {
                let names = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    "abc012".randomElement(using: &generator) ?? "a"
                }
                let result = try self.find(names.map { "/\($0)" }.joined(), in: text)
                let expected = self.expected(names.map(String.init), in: tree)
                #expect((result == nil) == (expected == nil), "\(names) in \(text)")
                guard let result, let expected else { continue }
                found += 1
                let value = try JSONSerialization.jsonObject(with: Data(result.utf8), options: .fragmentsAllowed)
                #expect(try self.written(value) == self.written(expected), "\(names) in \(text): \(result)")
            }
            var bytes = Array(text.utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            let body = ByteBuffer(bytes: bytes)
            let isValid = bytes.withUnsafeBytes { JSONText.isValid($0) }
            #expect(try (JSONPointer("").find(in: body) != nil) == isValid)
            #expect(try JSONPointer("/a").find(in: body) == nil || isValid)
        }
        #expect(found > 300)
    }
}
