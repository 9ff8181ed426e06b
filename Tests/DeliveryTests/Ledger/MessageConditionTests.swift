import Delivery
import Matching
import NIOCore
import TestSupport
import Testing

@Suite("Conditions on messages")
struct MessageConditionTests {
    private static let body = ByteBuffer(
        string: #"""
            {"type": "order.\u0070aid", "amount": 12.50, "big": 9007199254740993, "test": false, "note": null, "digits": "12",
             "customer": {"id": 7, "tags": ["new", "vip"]}, "lines": "a\nb", "empty": ""}
            """#
    )

    private func holds(_ pointer: String, _ condition: ValueCondition, _ body: ByteBuffer = Self.body) throws -> Bool {
        MessageCondition.value(try JSONPointer(pointer), condition).matches(body)
    }

    @Test(
        "equals",
        arguments: [
            ("/type", .string("order.paid"), true), ("/type", .string("order.pai"), false),
            ("/type", .string("order.paid "), false),
            ("/amount", .number("12.5"), true), ("/amount", .number("1.25e1"), true), ("/amount", .number("12"), false),
            ("/amount", .string("12.50"), false), ("/big", .number("9007199254740993"), true),
            ("/big", .number("9007199254740992"), false), ("/test", .bool(false), true), ("/test", .bool(true), false),
            ("/note", .null, true), ("/note", .string("null"), false), ("/digits", .string("12"), true),
            ("/digits", .number("12"), false), ("/customer/id", .number("7.0"), true), ("/customer/tags/1", .string("vip"), true),
            ("/customer", .string("{}"), false), ("/customer/tags", .null, false), ("/missing", .null, false),
            ("/missing", .string(""), false), ("/empty", .string(""), true), ("/lines", .string("a\nb"), true),
        ] as [(String, JSONScalar, Bool)]
    )
    func equals(pointer: String, value: JSONScalar, expected: Bool) throws {
        #expect(try self.holds(pointer, .equals(value)) == expected)
        #expect(try self.holds(pointer, .isOneOf([.string("other"), value, .number("-1")])) == expected)
        #expect(try !self.holds(pointer, .isOneOf([.string("other"), .number("-1")])))
    }

    @Test("matches looks at what strings say, and at nothing else")
    func matches() throws {
        #expect(try self.holds("/type", .matches(Pattern("^order\\.paid$"))))
        #expect(try !self.holds("/type", .matches(Pattern("u0070"))))
        #expect(try self.holds("/lines", .matches(Pattern("^a.b$"))))
        for pointer in ["/amount", "/test", "/note", "/customer", "/customer/tags", "/missing"] {
            #expect(try !self.holds(pointer, .matches(Pattern(".*"))))
        }
        #expect(try self.holds("/empty", .matches(Pattern(".*"))))
    }

    @Test("exists is about the value, not what it is")
    func exists() throws {
        for (pointer, isThere) in [
            ("/note", true), ("/customer/tags", true), ("", true), ("/missing", false), ("/note/x", false),
        ] {
            #expect(try self.holds(pointer, .exists(true)) == isThere)
            #expect(try self.holds(pointer, .exists(false)) == !isThere)
        }
    }

    @Test("a body that is not JSON has no values")
    func notJSON() throws {
        for body in ["", "order.paid", "{\"type\": \"order.paid\"", "{\"type\": \"order.paid\"} trailing"] {
            let body = ByteBuffer(string: body)
            #expect(try !self.holds("/type", .equals(.string("order.paid")), body))
            #expect(try !self.holds("", .exists(true), body))
            #expect(try self.holds("/type", .exists(false), body))
            #expect(try MessageCondition.not(.value(JSONPointer("/type"), .exists(true))).matches(body))
        }
        #expect(try self.holds("", .equals(.string("text")), ByteBuffer(string: "\"text\" ")))
    }

    @Test("all, any and not")
    func together() throws {
        let yes = MessageCondition.value(try JSONPointer("/type"), .exists(true))
        let no = MessageCondition.value(try JSONPointer("/missing"), .equals(.null))
        #expect(yes.matches(Self.body) && !no.matches(Self.body))
        #expect(MessageCondition.all([]).matches(Self.body) && !MessageCondition.any([]).matches(Self.body))
        #expect(MessageCondition.all([yes, yes]).matches(Self.body) && !MessageCondition.all([yes, no]).matches(Self.body))
        #expect(MessageCondition.any([no, yes]).matches(Self.body) && !MessageCondition.any([no, no]).matches(Self.body))
        #expect(!MessageCondition.not(yes).matches(Self.body) && MessageCondition.not(no).matches(Self.body))
        #expect(MessageCondition.not(.any([no, .not(.all([yes, .not(no)]))])).matches(Self.body))
    }

    private static func conditions(_ pointers: [String]) throws -> [MessageCondition] {
        try pointers.flatMap { pointer in
            try [
                .equals(.string("a")), .isOneOf([.number("1"), .null, .bool(true)]), .matches(Pattern("(a|b)*c$")), .exists(true),
            ].map { .value(try JSONPointer(pointer), $0) }
        }
    }

    @Test("large and deep messages are answered soon", .timeLimit(.minutes(1)))
    func large() throws {
        let long = String(repeating: "a", count: 1 << 20)
        let bodies = [
            "\"\(long)\"", "{\"a\": \"\(long)c\"}", "[\"\(long)", long, String(repeating: "[", count: 1 << 20),
            String(repeating: "{\"a\":", count: 200_000), String(repeating: "1", count: 1 << 20),
            "{\"a\": \(String(repeating: "1", count: 1 << 20))}", "[\(String(repeating: "0,", count: 1 << 19))0]",
            "{\"a\": \"\(String(repeating: "\\u0061", count: 170_000))\"}",
        ].map { ByteBuffer(string: $0) }
        for condition in try Self.conditions(["", "/a"]) {
            for body in bodies { _ = condition.matches(body) }
        }
        let found = MessageCondition.value(try JSONPointer("/a"), .matches(try Pattern("ac$")))
        #expect(bodies.map { found.matches($0) } == [false, true] + Array(repeating: false, count: 8))
    }

    @Test("whatever the bytes are, there is an answer", arguments: 0..<4 as Range<UInt64>)
    func randomBytes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let syntax = Array("{}[]\",:\\u0a1-.eE tfn\"\"\"aa".utf8) + [0xC3, 0xA9, 0xED, 0xA0, 0xFF, 0]
        let conditions = try Self.conditions(["", "/a", "/a/0", "/0", "/a/a/a"])
        for _ in 0..<2000 {
            let length = Int.random(in: 0...12, using: &generator)
            let body = ByteBuffer(bytes: (0..<length).map { _ in syntax.randomElement(using: &generator) ?? 0 })
            let isJSON = body.withUnsafeReadableBytes { JSONText.isValid($0) }
            for condition in conditions where condition.matches(body) {
                #expect(isJSON, "\(body.hexDump(format: .plain))")
            }
        }
    }
}
