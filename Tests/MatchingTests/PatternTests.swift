import Matching
import TestSupport
import Testing

@Suite("Patterns")
struct PatternTests {
    @Test(
        "are found as POSIX extended expressions are",
        arguments: [
            ("b", "abc"), ("^abc$", "abc"), ("^a", "ab"), ("c$", "abc"), ("^$", ""), ("^", ""), ("$", "x"), ("^^a$$", "a"),
            ("a.c", "a\nc"), ("^.$", "é"), ("^.$", "😀"), ("^...$", "日本語"), ("a|b", "xb"), ("^(a|bc)+$", "abca"), ("a*", ""),
            ("^a*$", "aaa"), ("^a+$", "aaa"), ("^ab?c$", "ac"), ("^ab?c$", "abc"), ("^a{3}$", "aaa"), ("^a{2,}$", "aaaa"),
            ("^a{1,3}$", "aaa"), ("^a{0}$", ""), ("^(ab){2}$", "abab"), ("^(a*)*$", "aaa"), ("^(a|b)*c$", "abbac"),
            ("^(|a)b$", "b"),
            ("^()$", ""), ("^(^a)$", "a"), ("(^|,)x(,|$)", "a,x,b"), ("(^|,)x(,|$)", "x"), ("[abc]", "c"), ("^[^abc]$", "d"),
            ("^[^abc]$", "\n"), ("^[a-z]+$", "hello"), ("^[]a]+$", "]a"), ("^[^]a]$", "b"), ("^[a-]+$", "a-"), ("^[-a]+$", "a-"),
            ("^[[:digit:][:upper:]_]+$", "A_9"), ("^[[:space:]]$", "\u{B}"), ("^[é-í]$", "ê"), ("^[.*]$", "."), ("^[\\]$", "\\"),
            ("^\\.$", "."), ("^\\(\\[\\\\$", "([\\"), ("^a}b]$", "a}b]"), ("order\\.(created|paid)", "x.order.paid"),
            ("^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$", "01234567-89ab-cdef-0123-456789abcdef"), ("^a$", "a"), ("^\0$", "\0"),
            ("^[[:punct:]]{32}$", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        ]
    )
    func found(pattern: String, text: String) throws {
        #expect(try Pattern(pattern).isFound(in: text))
    }

    @Test(
        "and are not found where those are not",
        arguments: [
            ("b", "ac"), ("^b", "ab"), ("b$", "bc"), ("^abc$", "abc\n"), ("^b", "a\nb"), ("^a{3}$", "aa"), ("^a{3}$", "aaaa"),
            ("^a{2,}$", "a"), ("^a{1,3}$", "aaaa"), ("^a+$", ""), ("^(a|bc)+$", "abc "), ("[^a]", "aaa"), ("^[a-z]$", "é"),
            ("^.$", "ab"), ("^.$", ""), ("a^", "a^"), ("$a", "$a"), ("^A$", "a"), ("^[[:alpha:]]$", "é"), ("x", ""),
            ("^(a|ab)(c|bcd)$", "ab"),
        ]
    )
    func notFound(pattern: String, text: String) throws {
        #expect(try !Pattern(pattern).isFound(in: text))
    }

    @Test(
        "what cannot be had, or is of another dialect, is refused and says why",
        arguments: [
            (#"(a)\1"#, #"has the back-reference "\1": they are not supported, since they can take for ever"#),
            (
                #"\d+"#,
                #"has "\d", which POSIX extended expressions do not know (write classes as [[:digit:]], [[:alnum:]_], [[:space:]])"#
            ),
            (#"[\d]"#, #"has "\d" between '[' and ']', where '\' has no meaning (write [[:digit:]] and the like)"#),
            ("a\\", #"ends with a '\' (write "\\" for the character)"#),
            ("(a", #"has a '(' without its ')' (write "\(" for the character)"#),
            ("a)", #"has a ')' without its '(' (write "\)" for the character)"#),
            ("(?:a)", #"has "(?", which POSIX extended expressions do not know"#),
            ("[a", #"has a '[' without its ']' (write "\[" for the character)"#),
            ("[]", #"has a '[' without its ']' (write "\[" for the character)"#),
            ("[z-a]", #"has the range "z-a", which ends before it starts"#),
            ("*a", #"has a '*' with nothing before it to repeat (write "\*" for the character)"#),
            ("a|*", #"has a '*' with nothing before it to repeat (write "\*" for the character)"#),
            ("(+)", #"has a '+' with nothing before it to repeat (write "\+" for the character)"#),
            ("^*", #"repeats '^' or '$' (write "\^" or "\$" for the character)"#),
            ("a*?", "has a '?' right behind another repetition (put what it repeats in parentheses)"),
            ("a{2}{3}", "has a '{' right behind another repetition (put what it repeats in parentheses)"),
            ("a{256}", "repeats more than 255 times"),
            ("a{99999999999999999999}", "repeats more than 255 times"),
            ("a{3,2}", #"has "{3,2}", whose second number is the smaller one"#),
            ("a{,2}", #"has a '{' that does not start a repetition such as {2}, {2,} or {2,5} (write "\{" for the character)"#),
            ("a{x}", #"has a '{' that does not start a repetition such as {2}, {2,} or {2,5} (write "\{" for the character)"#),
            (
                "((a{100}){100}){100}",
                "is too large when its repetitions are written out (use smaller numbers in {…}, or * and +)"
            ),
            (
                "(((((){255}){255}){255}){255})",
                "is too large when its repetitions are written out (use smaller numbers in {…}, or * and +)"
            ),
            (String(repeating: "(", count: 65), "nests '(' deeper than 64 levels"),
            (String(repeating: "a", count: 1025), "must not be longer than 1024 bytes"),
        ]
    )
    func refuses(pattern: String, problem: String) {
        #expect(throws: SyntaxProblem(problem)) { try Pattern(pattern) }
    }

    @Test("an unknown class is named with those there are")
    func unknownClass() {
        for pattern in ["[[:word:]]", "[[.a.]]", "[[=a=]]", "[[:digit]"] {
            let problem = #expect(throws: SyntaxProblem.self) { try Pattern(pattern) }
            #expect(problem?.description.hasPrefix("has a class in brackets that is not one of [:alnum:], [:alpha:],") == true)
        }
    }

    @Test("bytes that are no UTF-8 are characters of no name")
    func invalidText() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x62, 0xE2, 0x82]
        let any = try Pattern("^a.{2}b.{2}$")
        let named = try Pattern("ÿ|Ã|€")
        bytes.withUnsafeBytes { #expect(any.isFound(in: $0) && !named.isFound(in: $0)) }
    }

    /// Each takes forever, or all memory, where ways to match are tried one after the other or remembered for good.
    @Test(
        "no text makes a pattern slow",
        .timeLimit(.minutes(1)),
        arguments: ["a.*b", "(a|a)*b", "(a*)*b", "(a+)+$b", "(.*a){3}b", "x(a|.){20}y", "^(a?){50}b"]
    )
    func hostileTexts(pattern: String) throws {
        let pattern = try Pattern(pattern)
        #expect(!pattern.isFound(in: String(repeating: "a", count: 50_000)))
        #expect(!pattern.isFound(in: String(repeating: "ax", count: 25_000)))
    }

    /// Follows a tree of choices one by one: slow, and so simple that it is right.
    private enum Model {
        indirect enum Node {
            case character(Character)
            case any
            case start
            case end
            case sequence([Node])
            case either(Node, Node)
            case many(Node)
            case optional(Node)
        }

        static func random(_ depth: Int, using generator: inout some RandomNumberGenerator) -> Node {
            if depth == 0 || Int.random(in: 0..<4, using: &generator) == 0 {
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: return .any
                case 1: return .start
                case 2: return .end
                default: return .character(Bool.random(using: &generator) ? "a" : "b")
                }
            }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: return .either(Self.random(depth - 1, using: &generator), Self.random(depth - 1, using: &generator))
            case 1: return .many(Self.random(depth - 1, using: &generator))
            case 2: return .optional(Self.random(depth - 1, using: &generator))
            default:
                return .sequence(
                    (0..<Int.random(in: 0...3, using: &generator)).map { _ in Self.random(depth - 1, using: &generator) }
                )
            }
        }

        static func text(_ node: Node) -> String {
            switch node {
            case .character(let character): String(character)
            case .any: "."
            // Of an anchor alone there is no repetition.
            case .start: "(^)"
            case .end: "($)"
            case .sequence(let nodes): "(" + nodes.map(Self.text).joined() + ")"
            case .either(let left, let right): "(\(Self.text(left))|\(Self.text(right)))"
            case .many(let node): "(\(Self.text(node)))*"
            case .optional(let node): "(\(Self.text(node)))?"
            }
        }

        /// Where a match that starts at `start` can end.
        static func ends(_ node: Node, _ text: [Character], from start: Int) -> Set<Int> {
            switch node {
            case .character(let character): return start < text.count && text[start] == character ? [start + 1] : []
            case .any: return start < text.count ? [start + 1] : []
            case .start: return start == 0 ? [0] : []
            case .end: return start == text.count ? [start] : []
            case .sequence(let nodes):
                return nodes.reduce([start]) { ends, node in Set(ends.flatMap { Self.ends(node, text, from: $0) }) }
            case .either(let left, let right):
                return Self.ends(left, text, from: start).union(Self.ends(right, text, from: start))
            case .optional(let node): return Self.ends(node, text, from: start).union([start])
            case .many(let node):
                var all: Set<Int> = [start]
                while true {
                    let more = all.union(all.flatMap { Self.ends(node, text, from: $0) })
                    if more == all { return all }
                    all = more
                }
            }
        }
    }

    @Test("agrees with a search that tries everything", arguments: 0..<4 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var counts = [false: 0, true: 0]
        for _ in 0..<1000 {
            let node = Model.random(4, using: &generator)
            let pattern = try Pattern(Model.text(node))
            for _ in 0..<4 {
                let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in "abc".randomElement(using: &generator) ?? "a"
                }
                let isFound = (0...text.count).contains { !Model.ends(node, text, from: $0).isEmpty }
                #expect(pattern.isFound(in: String(text)) == isFound, "\(pattern) in \(String(text))")
                counts[isFound, default: 0] += 1
            }
        }
        #expect(counts.values.allSatisfy { $0 > 200 }, "\(counts)")
    }
}
