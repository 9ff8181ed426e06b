import TestSupport
import Testing

@testable import Config

@Suite("Whatever the bytes are")
struct RobustnessTests {
    private static let environment = ["PASSWORD": "hunter2"]

    /// Either a configuration or an error, never both or neither; each diagnostic is one printable line with a place.
    private func expectAnAnswer(_ bytes: [UInt8], _ comment: Comment? = nil) {
        let loaded = load(bytes, variables: Self.environment)
        #expect((loaded.configuration == nil) == !loaded.errors.isEmpty, comment)
        let places = loaded.diagnostics.compactMap(\.place)
        #expect(places.count == loaded.diagnostics.count && places == places.sorted(), comment)
        #expect(loaded.lines.allSatisfy { !$0.hasControlCharacters && $0.utf8.count < 2000 }, comment)
    }

    @Test("no prefix of a good file is taken for a file, and none crashes")
    func prefixes() {
        let bytes = Array(completeText.utf8)
        #expect(load(bytes, variables: Self.environment).configuration != nil)
        for length in 0..<bytes.count {
            let loaded = load(Array(bytes[..<length]), variables: Self.environment)
            #expect(loaded.configuration == nil && loaded.errors.count == 1, "the first \(length) bytes")
        }
    }

    @Test("files with wrong bytes get an answer", arguments: 0..<8 as Range<UInt64>)
    func mutations(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let original = Array(completeText.utf8)
        // Half of the changes are of this alphabet: they get further than wild bytes do.
        let syntax = Array("{}[]\",:\\u0159-.eE tfn/%@*>\n\r".utf8)
        for round in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let wild = UInt8.random(in: 0...255, using: &generator)
                let byte = Bool.random(using: &generator) ? wild : syntax[Int(wild) % syntax.count]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = byte
                case 1: bytes.insert(byte, at: index)
                case 2: bytes.remove(at: index)
                default:
                    // Doubles or moves a piece: keys twice, values of the wrong kind.
                    let end = min(bytes.count, index + Int.random(in: 1...40, using: &generator))
                    let piece = bytes[index..<end]
                    bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &generator))
                }
            }
            self.expectAnAnswer(bytes, "seed \(seed), round \(round)")
        }
    }

    @Test("every value of a good file replaced by one of another kind gets an answer with a place")
    func wrongKinds() {
        let bytes = Array(completeText.utf8)
        let replacements = [
            "null", "true", "-1", "1.5", "1e999", "\"\"", "\"\\u0000\"", "[]", "{}", "[[]]", "{\"env\": \"PASSWORD\"}",
        ]
        // A value starts behind every colon.
        for colon in bytes.indices where bytes[colon] == UInt8(ascii: ":") && bytes[colon + 1] == UInt8(ascii: " ") {
            let rest = bytes[(colon + 2)...]
            guard let end = rest.firstIndex(where: { ",]}\n".utf8.contains($0) }) else { continue }
            for replacement in replacements {
                self.expectAnAnswer(bytes[...colon] + Array(replacement.utf8) + bytes[end...])
            }
        }
    }

    @Test("a file of nothing but errors is answered soon, and not at length", .timeLimit(.minutes(1)))
    func manyErrors() {
        let keys = (0..<60_000).map { "\"key\($0)\": 0" }.joined(separator: ",")
        let loaded = load("{\(keys)}")
        #expect(loaded.lines.count == 201)
        #expect(loaded.lines.last?.hasSuffix(": there is more to say than these 200 lines (correct them first)") == true)

        let routes = (0..<15_000).map {
            "{\"name\": \"r\($0)\", \"channel\": \"c\", \"durable_name\": \"d\", \"to\": [\"s\", \"x\($0)\"]}"
        }
        #expect(load(text(routes: "[\(routes.joined(separator: ","))]")).lines.count == 201)

        let long = String(repeating: "x", count: 8 << 20)
        let wide = load("{\"\(long)\": 1, \"stan\": {\"client_id\": \"\(long)!\"}}")
        #expect(wide.report.utf8.count < 10_000)
    }
}
