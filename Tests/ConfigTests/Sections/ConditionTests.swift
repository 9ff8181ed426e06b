import Testing

@testable import Config

@Suite("The conditions of routes")
struct ConditionTests {
    private static func text(when: String) -> String {
        ConfigTests.text(routeSetting: "\"when\": \(when)")
    }

    @Test(
        "says what is wrong with a condition, and where",
        arguments: [
            Case(Self.text(when: "[]"), "4:84: routes[0].when: must be an object, not a list"),
            Case(
                Self.text(when: "{}"),
                #"4:84: routes[0].when: must have a "pointer" and one of "equals", "in", "matches" and "exists", or one of "#
                    + #""all", "any" and "not""#
            ),
            Case(
                Self.text(when: #"{"equals": 1}"#),
                #"4:84: routes[0].when: must have a "pointer" and one of "equals", "in", "matches" and "exists", or one of "#
                    + #""all", "any" and "not""#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "all": []}"#),
                #"4:84: routes[0].when: must have a "pointer" and one of "equals", "in", "matches" and "exists", or one of "#
                    + #""all", "any" and "not""#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a"}"#),
                #"4:84: routes[0].when: must have exactly one of "equals", "in", "matches" and "exists" beside "pointer" "#
                    + #"(write several conditions as {"all": [...]})"#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "equals": 1, "exists": true}"#),
                #"4:84: routes[0].when: must have exactly one of "equals", "in", "matches" and "exists" beside "pointer" "#
                    + #"(write several conditions as {"all": [...]})"#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "equal": 1}"#),
                #"4:102: routes[0].when.equal: unknown key (did you mean "equals"?)"#
            ),
            Case(
                Self.text(when: #"{"pointer": "a", "equals": 1}"#),
                #"4:96: routes[0].when.pointer: must start with '/' (such as "/customer/id"; "" is the whole message)"#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a\u0000", "equals": 1}"#),
                "4:96: routes[0].when.pointer: must not contain control characters"
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "equals": [1]}"#),
                "4:112: routes[0].when.equals: must be a string, a number, true, false or null, not a list (only those are "
                    + "compared)"
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "in": "b"}"#),
                "4:108: routes[0].when.in: must be a list, not a string"
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "in": []}"#),
                "4:108: routes[0].when.in: must have from 1 to 1000 values, not 0"
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "in": [1, {}]}"#),
                "4:112: routes[0].when.in[1]: must be a string, a number, true, false or null, not an object (only those are "
                    + "compared)"
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "exists": "yes"}"#),
                "4:112: routes[0].when.exists: must be true or false, not a string"
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "matches": "("}"#),
                #"4:113: routes[0].when.matches: has a '(' without its ')' (write "\(" for the character)"#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "matches": "(a)\\1"}"#),
                #"4:113: routes[0].when.matches: has the back-reference "\1": they are not supported, since they can take for ever"#
            ),
            Case(
                Self.text(when: #"{"pointer": "/a", "matches": "((a{99}){99}){99}"}"#),
                "4:113: routes[0].when.matches: is too large when its repetitions are written out (use smaller numbers in "
                    + "{…}, or * and +)"
            ),
            Case(
                Self.text(when: #"{"any": []}"#),
                "4:92: routes[0].when.any: must have at least one condition"
            ),
            Case(
                Self.text(when: #"{"all": [{"not": {"pointer": "/a", "exists": 1}}]}"#),
                "4:129: routes[0].when.all[0].not.exists: must be true or false, not a number"
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text)
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    private func nested(_ depth: Int) -> String {
        let opening = String(repeating: "{\"not\": ", count: depth - 1)
        return Self.text(when: opening + "{\"pointer\": \"\", \"exists\": true}" + String(repeating: "}", count: depth - 1))
    }

    @Test("conditions stand in one another only so deep")
    func depth() {
        #expect(load(self.nested(16)).lines == [])
        let loaded = load(self.nested(17))
        #expect(loaded.errors.map(\.message) == ["stands in more than 15 other conditions"])
        #expect(load(self.nested(100)).errors.count == 1)
    }

    @Test("a route has only so many conditions")
    func count() {
        func many(_ count: Int) -> String {
            let one = #"{"pointer": "", "exists": true}"#
            return Self.text(when: "{\"any\": [\(Array(repeating: one, count: count).joined(separator: ","))]}")
        }
        #expect(load(many(99)).lines == [])
        #expect(load(many(5000)).errors.map(\.message) == ["is more than the 100th condition of the route"])
    }

    @Test("is told in a few words, whatever is in it")
    func description() throws {
        let when = #"""
            {"any": [{"pointer": "/a", "equals": "x\u001b"}, {"not": {"pointer": "", "in": [1, null, true]}},
            {"all": [{"pointer": "/b", "matches": "^y$"}, {"pointer": "/c", "exists": true}, {"pointer": "/d", "exists": false}]}]}
            """#
        let condition = try #require(load(Self.text(when: when)).configuration?.routes.first?.when)
        #expect(
            condition.description
                == #"any(/a = "x\u{1b}", not("" in (1, null, true)), all(/b matches "^y$", /c exists, /d is missing))"#
        )
    }
}
