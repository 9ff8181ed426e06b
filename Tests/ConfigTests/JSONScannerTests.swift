import Testing

@testable import Config

/// The value as text with every place, for comparison: `{1:1 a@1:2=n(1)@1:6}`.
private func print(_ value: JSONValue) -> String {
    let content =
        switch value.content {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let text): "n(\(text))"
        case .string(let text): "s(\(text))"
        case .array(let elements): "[" + elements.map(print).joined(separator: " ") + "]"
        case .object(let members):
            "{" + members.map { "\($0.key)@\($0.place.line):\($0.place.column)=\(print($0.value))" }.joined(separator: " ") + "}"
        }
    return "\(content)@\(value.place.line):\(value.place.column)"
}

@Suite("The JSON scanner")
struct JSONScannerTests {
    @Test(
        "reads what RFC 8259 allows, with the place of every key and value",
        arguments: [
            ("null", "null@1:1"),
            (" true ", "true@1:2"),
            ("\r\n\tfalse\n", "false@2:2"),
            ("0", "n(0)@1:1"),
            ("-0", "n(-0)@1:1"),
            ("-12.50e+3", "n(-12.50e+3)@1:1"),
            ("1E-2", "n(1E-2)@1:1"),
            ("123456789012345678901234567890", "n(123456789012345678901234567890)@1:1"),
            ("\"\"", "s()@1:1"),
            (#""\"\\\/\u0041\u00e9\ud83d\ude00""#, "s(\"\\/Aé😀)@1:1"),
            (#""\b\f\n\r\t\u0000""#, "s(\u{8}\u{c}\n\r\t\0)@1:1"),
            ("\"é😀\u{7f}\u{2028}\"", "s(é😀\u{7f}\u{2028})@1:1"),
            ("[]", "[]@1:1"),
            ("[ ]", "[]@1:1"),
            ("[1,[2 ,\n3]]", "[n(1)@1:2 [n(2)@1:5 n(3)@2:1]@1:4]@1:1"),
            ("{ }", "{}@1:1"),
            ("{\"a\" : 1, \"é\":\n {\"\": 2}}", "{a@1:2=n(1)@1:8 é@1:11={@2:3=n(2)@2:7}@2:2}@1:1"),
            // A column is a character, however many bytes it has.
            ("[\"😀é\", 1]", "[s(😀é)@1:2 n(1)@1:8]@1:1"),
        ]
    )
    func valid(_ text: String, _ expected: String) throws {
        #expect(try print(JSONScanner.scan(Array(text.utf8))) == expected)
    }

    @Test(
        "refuses everything else, and says where and what it expected",
        arguments: [
            ("", 1, 1, "expected a value, found the end of the file"),
            ("  \n ", 2, 2, "expected a value, found the end of the file"),
            ("{\"a\": 1,}", 1, 8, "a comma before '}' (remove it)"),
            ("[1,\n ]", 1, 3, "a comma before ']' (remove it)"),
            ("[,1]", 1, 2, "expected a value, found ','"),
            ("[\u{84}]", 1, 2, "expected a value, found '\\u{84}'"),
            ("[1,,2]", 1, 4, "expected a value, found ','"),
            ("[1 2]", 1, 4, "expected ',' or ']', found '2'"),
            ("[1}", 1, 3, "expected ',' or ']', found '}'"),
            ("[1", 1, 3, "expected ',' or ']', found the end of the file"),
            ("{", 1, 2, "expected a key in double quotes or '}', found the end of the file"),
            ("{a: 1}", 1, 2, "expected a key in double quotes or '}', found 'a'"),
            ("{'a': 1}", 1, 2, "expected a key in double quotes or '}', found a single quote (text is written in double quotes)"),
            ("{\"a\" 1}", 1, 6, "expected ':' after a key, found '1'"),
            ("{\"a\":}", 1, 6, "expected a value, found '}'"),
            ("{\"a\":1 \"b\":2}", 1, 8, "expected ',' or '}', found '\"'"),
            ("{\"a\":1, 2:3}", 1, 9, "expected a key in double quotes, found '2'"),
            ("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", 3, 2, "the key \"a\" appears twice in one object (first in line 1)"),
            ("{\"a\": 1, \"\\u0061\": 3}", 1, 10, "the key \"a\" appears twice in one object (first in line 1)"),
            ("// hello", 1, 1, "expected a value, found '/' (JSON has no comments)"),
            ("[1, # one\n]", 1, 5, "expected a value, found '#' (JSON has no comments)"),
            ("{} {}", 1, 4, "expected the end of the file, found '{'"),
            ("01", 1, 2, "a number must not start with 0"),
            ("-", 1, 2, "expected a digit, found the end of the file"),
            ("+1", 1, 1, "expected a value, found '+'"),
            (".5", 1, 1, "expected a value, found '.'"),
            ("1.", 1, 3, "expected a digit, found the end of the file"),
            ("1.e2", 1, 3, "expected a digit, found 'e'"),
            ("1e", 1, 3, "expected a digit, found the end of the file"),
            ("0x10", 1, 2, "expected the end of the file, found 'x'"),
            ("1 000", 1, 3, "expected the end of the file, found '0'"),
            (
                "True", 1, 1,
                "expected a value, found \"True\" (text is written in double quotes; also: true, false, null)"
            ),
            (
                "[30s]", 1, 4,
                "expected ',' or ']', found 's'"
            ),
            (
                "[nul]", 1, 2,
                "expected a value, found \"nul\" (text is written in double quotes; also: true, false, null)"
            ),
            ("\"abc", 1, 1, "the string does not end (a '\"' is missing)"),
            ("\"abc\\\"", 1, 1, "the string does not end (a '\"' is missing)"),
            ("[\"abc\n\"]", 1, 2, "the string does not end on its line (a '\"' is missing, or write \\n)"),
            ("\"a\tb\"", 1, 3, "a control character (0x09) in a string (write it as an escape such as \\t)"),
            ("\"a\\x\"", 1, 3, "an unknown escape in a string (allowed: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX)"),
            ("\"a\\", 1, 3, "an unknown escape in a string (allowed: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX)"),
            ("\"\\u12g4\"", 1, 2, "\\u in a string needs four hexadecimal digits"),
            ("\"\\u12\"", 1, 2, "\\u in a string needs four hexadecimal digits"),
            ("\"\\ud800\"", 1, 2, "half of a surrogate pair in a string (write both \\u escapes)"),
            ("\"\\udc00\"", 1, 2, "half of a surrogate pair in a string (write both \\u escapes)"),
            ("\"\\ud800\\u0041\"", 1, 2, "half of a surrogate pair in a string (write both \\u escapes)"),
            ("\"\\ud800\\n\"", 1, 2, "half of a surrogate pair in a string (write both \\u escapes)"),
            ("é", 1, 1, "expected a value, found 'é'"),
            ("[1]\0", 1, 4, "expected the end of the file, found the byte 0x00"),
            ("\u{FEFF}{}", 1, 1, "the file starts with a byte order mark (save it as UTF-8 without one)"),
        ]
    )
    func invalid(_ text: String, _ line: Int, _ column: Int, _ message: String) {
        #expect(throws: JSONSyntaxError(place: SourcePlace(line: line, column: column), message: message)) {
            try JSONScanner.scan(Array(text.utf8))
        }
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x28, 0xA1],
        ] as [[UInt8]]
    )
    func invalidUTF8(_ sequence: [UInt8]) {
        let byte = Hexadecimal(sequence[0])
        // Behind an é, which is one column.
        let text = Array("[\"é".utf8) + sequence + Array("\"]".utf8)
        let place = SourcePlace(line: 1, column: 4)
        #expect(throws: JSONSyntaxError(place: place, message: "invalid UTF-8 (byte \(byte)) in a string")) {
            try JSONScanner.scan(text)
        }
        let bare = JSONSyntaxError(place: SourcePlace(line: 1, column: 2), message: "expected a value, found the byte \(byte)")
        #expect(throws: bare) {
            try JSONScanner.scan(Array("[".utf8) + sequence + Array("]".utf8))
        }
    }

    @Test("reads 128 levels and refuses more, however many there are", arguments: [129, 100_000])
    func depth(_ levels: Int) throws {
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        _ = try JSONScanner.scan(Array(deep.utf8))
        // Depth is given back: many lists beside each other are no depth.
        _ = try JSONScanner.scan(Array(("[" + String(repeating: "[[]],", count: 200) + "{}]").utf8))

        let place = SourcePlace(line: 1, column: 129)
        let error = JSONSyntaxError(place: place, message: "lists and objects are nested deeper than 128 levels")
        #expect(throws: error) {
            try JSONScanner.scan(Array(repeating: UInt8(ascii: "["), count: levels))
        }
    }

    @Test("refuses files that are too large or have too many values")
    func limits() {
        let start = SourcePlace(line: 1, column: 1)
        #expect(throws: JSONSyntaxError(place: start, message: "the file is larger than 16 MiB")) {
            try JSONScanner.scan(Array(repeating: UInt8(ascii: " "), count: (16 << 20) + 1))
        }
        let many = Array("[".utf8) + Array(repeatElement(Array("0,".utf8), count: 200_000).joined())
        let place = SourcePlace(line: 1, column: 400_000)
        #expect(throws: JSONSyntaxError(place: place, message: "the file has more than 200000 values")) {
            try JSONScanner.scan(many)
        }
    }
}
