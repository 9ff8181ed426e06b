import Delivery
import Foundation
import Testing

@Suite("Whether bytes are JSON")
struct JSONTextTests {
    private func check(_ bytes: [UInt8]) -> JSONText.Verdict { bytes.withUnsafeBytes { JSONText.check($0) } }
    private func check(_ text: String) -> JSONText.Verdict { self.check(Array(text.utf8)) }

    static let valid = [
        "{}", "[]", "0", "-0", "12", "-1.5e+10", "1E5", "1e-5", "0.0", "\"\"", "true", "false", "null", " [ 1 , 2 ] ",
        "\t{\"a\":{\"b\":[{},[],[[]],{\"c\":null}]}}\t", #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, #""\ud800""#,
        "\"é ü 漢 😀 \u{7F}\"",
        #"{"a":1,"a":2}"#, "[1e400]", "123456789012345678901234567890", "\"0123456\"", "\"01234567\"", "\"012345678\"",
        "\"01234567é\"", "[\"0123456789012345678901234\",true,false,null]", "{\"\":\"\"}", "\"\u{2028}\"",
        "\"\u{FFFF}\u{10FFFF}\"",
    ]

    static let invalid = [
        "", " ", "{", "}", "[", "]", "[1,]", "{\"a\":1,}", "[,1]", "{,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "[1 2]",
        "1 2",
        "01", "-", "-a", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "NaN", "Infinity", "tru", "truee", "TRUE", "nul", "\"",
        "\"a",
        "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "\"\\u", "\"a\nb\"", "\"a\tb\"", "\"01234567\u{1}\"", "[\"a\"",
        "{\"a\":1",
        "{\"a\":1]", "[1}", "{}{}", "[]]", "// c\n1", "\u{FEFF}1", "1\0", "\0", "[1\0]", "\"a\" \"b\"", "{\"a\":1 \"b\":2}",
        "{1:2}", "{\"a\":1,2}",
        "\u{A0}1", "plain text",
    ]

    @Test("what the grammar allows", arguments: Self.valid)
    func accepts(text: String) {
        #expect(self.check(text) == .valid(isSingleLine: true))
        #expect(self.check(" \t" + text + "\t ") == .valid(isSingleLine: true))
        #expect(self.check("\r" + text) == .valid(isSingleLine: false))
        #expect(self.check(text + "\n") == .valid(isSingleLine: false))
        #expect(self.check("[" + text + ",\n" + text + "]") == .valid(isSingleLine: false))
        #expect(self.check("{\"key\" : " + text + "}") == .valid(isSingleLine: true))
    }

    @Test("what it does not", arguments: Self.invalid)
    func refuses(text: String) {
        #expect(self.check(text) == .invalid)
        #expect(self.check("[" + text + "\u{1}]") == .invalid)
    }

    @Test(
        "strings must be UTF-8 as RFC 3629 has it",
        arguments: [
            ([0x80], false), ([0xBF], false), ([0xC0, 0x80], false), ([0xC1, 0xBF], false), ([0xC2, 0x80], true), ([0xC2], false),
            ([0xC2, 0x41], false), ([0xDF, 0xBF], true), ([0xE0, 0x9F, 0xBF], false), ([0xE0, 0xA0, 0x80], true),
            ([0xE0, 0xA0], false),
            ([0xED, 0x9F, 0xBF], true), ([0xED, 0xA0, 0x80], false), ([0xEE, 0x80, 0x80], true), ([0xEF, 0xBF, 0xBF], true),
            ([0xF0, 0x8F, 0xBF, 0xBF], false), ([0xF0, 0x90, 0x80, 0x80], true), ([0xF0, 0x90, 0x80, 0x41], false),
            ([0xF4, 0x8F, 0xBF, 0xBF], true), ([0xF4, 0x90, 0x80, 0x80], false), ([0xF5, 0x80, 0x80, 0x80], false),
            ([0xFF], false),
            ([0xF0, 0x90, 0x80], false),
        ] as [([UInt8], Bool)]
    )
    func utf8(bytes: [UInt8], isValid: Bool) {
        for padding in 0...9 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
            #expect((self.check(text) != .invalid) == isValid)
        }
        #expect(self.check([0x22] + bytes) == .invalid)
    }

    @Test("nesting has a limit", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(open: String, close: String) {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for depth in [1, 63, 64, 65, 127, 128, 129, JSONText.maximumDepth] {
            #expect(self.check(nested(depth)) == .valid(isSingleLine: true))
        }
        #expect(self.check(nested(JSONText.maximumDepth + 1)) == .invalid)
        #expect(self.check(String(repeating: open, count: 1_000_000)) == .invalid)
    }

    @Test("mixed nesting closes as it was opened")
    func mixedNesting() {
        var generator = Seeded(state: 7)
        for _ in 0..<500 {
            let kinds = (0..<Int.random(in: 1...300, using: &generator)).map { _ in Bool.random(using: &generator) }
            let text = kinds.map { $0 ? "{\"a\":" : "[" }.joined() + "0" + kinds.reversed().map { $0 ? "}" : "]" }.joined()
            #expect(self.check(text) == .valid(isSingleLine: true))
            var wrong = Array(text.utf8)
            let index = wrong.count - Int.random(in: 1...kinds.count, using: &generator)
            wrong[index] = wrong[index] == UInt8(ascii: "}") ? UInt8(ascii: "]") : UInt8(ascii: "}")
            #expect(self.check(wrong) == .invalid)
        }
    }

    @Test("agrees with a plain recursive reading of the grammar on 200,000 mutations of the corpus")
    func mutations() {
        var generator = Seeded(state: 20_260_101)
        let corpus =
            (Self.valid + Self.invalid).map { Array($0.utf8) } + [
                Array(#"{"id":12,"tags":["a","b"],"x":{"y":-1.5e3,"z":null}}"#.utf8)
            ]
        let alphabet = Array("{}[]:,\"\\ \n\r\t019.-+eEtrufalsn/bx\u{0}é".utf8) + [0x80, 0xFF, 0xC2, 0xE0, 0xED, 0xF4]
        var agreed = (valid: 0, invalid: 0)
        for _ in 0..<200_000 {
            var text = corpus.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0...text.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                case 1 where index < text.count: text.remove(at: index)
                case 2 where index < text.count: text[index] = alphabet.randomElement(using: &generator) ?? 0
                default: text.insert(contentsOf: corpus.randomElement(using: &generator) ?? [], at: index)
                }
            }
            var model = Model(bytes: text)
            let expected = model.readText()
            guard (self.check(text) != .invalid) == expected else {
                Issue.record("\(String(decoding: text, as: UTF8.self).debugDescription) \(text): expected \(expected)")
                return
            }
            if case .valid(let isSingleLine) = self.check(text) {
                #expect(isSingleLine == !text.contains { $0 == 0x0A || $0 == 0x0D })
                agreed.valid += 1
                if !Self.foundationKnowsBetter(text) {
                    #expect((try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil, "\(text)")
                }
            } else {
                agreed.invalid += 1
            }
        }
        #expect(agreed.valid > 20_000 && agreed.invalid > 20_000)
    }

    /// Foundation refuses lone surrogates, repeated keys with different spelling of zero, and numbers out of its range.
    private static func foundationKnowsBetter(_ text: [UInt8]) -> Bool {
        let string = String(decoding: text, as: UTF8.self).lowercased()
        return string.contains("\\u") || string.contains("e") || text.contains(0)
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = self.state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// RFC 8259 written down rule by rule, slow and plain, with the standard library for UTF-8.
    private struct Model {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private var next: Character? { self.index < self.bytes.count ? Character(UnicodeScalar(self.bytes[self.index])) : nil }

        private mutating func take(_ characters: String) -> Character? {
            guard let next = self.next, characters.utf8.contains(self.bytes[self.index]) else { return nil }
            self.index += 1
            return next
        }

        private mutating func skipSpace() {
            while self.index < self.bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(self.bytes[self.index]) { self.index += 1 }
        }

        mutating func readText() -> Bool {
            guard String(validating: self.bytes, as: UTF8.self) != nil, self.readValue() else { return false }
            self.skipSpace()
            return self.index == self.bytes.count
        }

        private mutating func readValue() -> Bool {
            self.skipSpace()
            if self.take("\"") != nil { return self.readString() }
            if self.take("[") != nil {
                self.skipSpace()
                if self.take("]") != nil { return true }
                repeat {
                    guard self.readValue() else { return false }
                    self.skipSpace()
                } while self.take(",") != nil
                return self.take("]") != nil
            }
            if self.take("{") != nil {
                self.skipSpace()
                if self.take("}") != nil { return true }
                repeat {
                    self.skipSpace()
                    guard self.take("\"") != nil, self.readString() else { return false }
                    self.skipSpace()
                    guard self.take(":") != nil, self.readValue() else { return false }
                    self.skipSpace()
                } while self.take(",") != nil
                return self.take("}") != nil
            }
            for word in ["true", "false", "null"] where self.bytes[self.index...].starts(with: word.utf8) {
                self.index += word.utf8.count
                return true
            }
            return self.readNumber()
        }

        private mutating func readDigits() -> Bool {
            guard self.take("0123456789") != nil else { return false }
            while self.take("0123456789") != nil {}
            return true
        }

        private mutating func readNumber() -> Bool {
            _ = self.take("-")
            if self.take("0") == nil {
                guard self.readDigits() else { return false }
            }
            if self.take(".") != nil {
                guard self.readDigits() else { return false }
            }
            if self.take("eE") != nil {
                _ = self.take("+-")
                guard self.readDigits() else { return false }
            }
            return true
        }

        private mutating func readString() -> Bool {
            while self.index < self.bytes.count {
                let byte = self.bytes[self.index]
                self.index += 1
                if byte == 0x22 { return true }
                if byte < 0x20 { return false }
                guard byte == 0x5C else { continue }
                if self.take("u") != nil {
                    for _ in 0..<4 { guard self.take("0123456789abcdefABCDEF") != nil else { return false } }
                } else {
                    guard self.take("\"\\/bfnrt") != nil else { return false }
                }
            }
            return false
        }
    }
}
