/// Reads a POSIX extended regular expression.
struct PatternParser {
    /// How deep parentheses may be nested.
    private static let maximumDepth = 64

    private static let classes: [String: [(Unicode.Scalar, Unicode.Scalar)]] = [
        "alnum": [("0", "9"), ("A", "Z"), ("a", "z")],
        "alpha": [("A", "Z"), ("a", "z")],
        "blank": [(" ", " "), ("\t", "\t")],
        "cntrl": [("\0", "\u{1F}"), ("\u{7F}", "\u{7F}")],
        "digit": [("0", "9")],
        "graph": [("!", "~")],
        "lower": [("a", "z")],
        "print": [(" ", "~")],
        "punct": [("!", "/"), (":", "@"), ("[", "`"), ("{", "~")],
        "space": [("\t", "\r"), (" ", " ")],
        "upper": [("A", "Z")],
        "xdigit": [("0", "9"), ("A", "F"), ("a", "f")],
    ]

    private var rest: ArraySlice<Unicode.Scalar>
    private var depth = 0

    static func parse(_ text: String) throws(SyntaxProblem) -> PatternNode {
        var parser = PatternParser(rest: Array(text.unicodeScalars)[...])
        let node = try parser.alternatives()
        guard parser.rest.isEmpty else { throw SyntaxProblem("has a ')' without its '(' (write \"\\)\" for the character)") }
        return node
    }

    private mutating func alternatives() throws(SyntaxProblem) -> PatternNode {
        var branches = [try self.sequence()]
        while self.skip("|") { branches.append(try self.sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(SyntaxProblem) -> PatternNode {
        var pieces: [PatternNode] = []
        while let next = self.rest.first, next != "|", next != ")" {
            let piece = try self.atom()
            pieces.append(try self.repetition(of: piece))
        }
        return .sequence(pieces)
    }

    private mutating func atom() throws(SyntaxProblem) -> PatternNode {
        guard let character = self.rest.popFirst() else { return .sequence([]) }
        switch character {
        case "(":
            guard self.depth < Self.maximumDepth else { throw SyntaxProblem("nests '(' deeper than \(Self.maximumDepth) levels") }
            if self.rest.first == "?" { throw SyntaxProblem("has \"(?\", which POSIX extended expressions do not know") }
            self.depth += 1
            let group = try self.alternatives()
            self.depth -= 1
            guard self.skip(")") else { throw SyntaxProblem("has a '(' without its ')' (write \"\\(\" for the character)") }
            return group
        case "[": return .characters(try self.bracket())
        case ".": return .characters(.any)
        case "^": return .start
        case "$": return .end
        case "\\": return .characters(CharacterRanges(try self.escaped()))
        case "*", "+", "?", "{":
            throw SyntaxProblem(
                "has a '\(character)' with nothing before it to repeat (write \"\\\(character)\" for the character)"
            )
        default: return .characters(CharacterRanges(character))
        }
    }

    private mutating func escaped() throws(SyntaxProblem) -> Unicode.Scalar {
        guard let character = self.rest.popFirst() else {
            throw SyntaxProblem("ends with a '\\' (write \"\\\\\" for the character)")
        }
        switch character {
        case "0"..."9":
            throw SyntaxProblem("has the back-reference \"\\\(character)\": they are not supported, since they can take for ever")
        case "a"..."z", "A"..."Z":
            throw SyntaxProblem(
                "has \"\\\(character)\", which POSIX extended expressions do not know (write classes as [[:digit:]], [[:alnum:]_], [[:space:]])"
            )
        default: return character
        }
    }

    // MARK: Repetitions

    private mutating func repetition(of piece: PatternNode) throws(SyntaxProblem) -> PatternNode {
        guard let least = try self.counts() else { return piece }
        switch piece {
        case .start, .end: throw SyntaxProblem("repeats '^' or '$' (write \"\\^\" or \"\\$\" for the character)")
        default: break
        }
        if let next = self.rest.first, "*+?{".unicodeScalars.contains(next) {
            throw SyntaxProblem("has a '\(next)' right behind another repetition (put what it repeats in parentheses)")
        }
        return .repeated(piece, least: least.least, most: least.most)
    }

    /// The repetition that comes next; nil when there is none.
    private mutating func counts() throws(SyntaxProblem) -> (least: Int, most: Int?)? {
        if self.skip("*") { return (0, nil) }
        if self.skip("+") { return (1, nil) }
        if self.skip("?") { return (0, 1) }
        guard self.skip("{") else { return nil }
        let least = try self.count()
        var most: Int? = least
        if self.skip(",") { most = self.rest.first == "}" ? nil : try self.count() }
        guard self.skip("}") else { throw Self.badCount }
        if let most, most < least { throw SyntaxProblem("has \"{\(least),\(most)}\", whose second number is the smaller one") }
        return (least, most)
    }

    private static var badCount: SyntaxProblem {
        SyntaxProblem("has a '{' that does not start a repetition such as {2}, {2,} or {2,5} (write \"\\{\" for the character)")
    }

    private mutating func count() throws(SyntaxProblem) -> Int {
        var digits = ""
        while let next = self.rest.first, ("0"..."9").contains(next) {
            digits.unicodeScalars.append(next)
            self.rest.removeFirst()
        }
        guard !digits.isEmpty else { throw Self.badCount }
        guard let count = Int(digits), count <= Pattern.maximumRepetition else {
            throw SyntaxProblem("repeats more than \(Pattern.maximumRepetition) times")
        }
        return count
    }

    // MARK: Brackets

    /// What stands behind `[`, with its `]`.
    private mutating func bracket() throws(SyntaxProblem) -> CharacterRanges {
        var set = CharacterRanges()
        set.isInverted = self.skip("^")
        var isFirst = true
        while let first = self.rest.popFirst() {
            if first == "]", !isFirst { return set }
            isFirst = false
            if first == "[", let next = self.rest.first, ":.=".unicodeScalars.contains(next) {
                for (low, high) in try self.namedClass() { set.insert(low, high) }
                continue
            }
            try self.checkBackslash(first)
            // A '-' is a range only between two characters.
            if self.rest.first == "-", let last = self.rest.dropFirst().first, last != "]" {
                self.rest.removeFirst(2)
                try self.checkBackslash(last)
                guard first <= last else {
                    throw SyntaxProblem("has the range \"\(first)-\(last)\", which ends before it starts")
                }
                set.insert(first, last)
            } else {
                set.insert(first, first)
            }
        }
        throw SyntaxProblem("has a '[' without its ']' (write \"\\[\" for the character)")
    }

    /// `[\d]` is a backslash or a `d` in POSIX, and never meant.
    private func checkBackslash(_ character: Unicode.Scalar) throws(SyntaxProblem) {
        guard character == "\\", let next = self.rest.first else { return }
        if ("a"..."z").contains(next) || ("A"..."Z").contains(next) || ("0"..."9").contains(next) {
            throw SyntaxProblem(
                "has \"\\\(next)\" between '[' and ']', where '\\' has no meaning (write [[:digit:]] and the like)"
            )
        }
    }

    /// The rest of `[:digit:]`, behind its first bracket.
    private mutating func namedClass() throws(SyntaxProblem) -> [(Unicode.Scalar, Unicode.Scalar)] {
        let problem = SyntaxProblem(
            "has a class in brackets that is not one of [:\(Self.classes.keys.sorted().joined(separator: ":], [:")):]"
        )
        guard self.skip(":") else { throw problem }
        var name = ""
        while let next = self.rest.first, ("a"..."z").contains(next) {
            name.unicodeScalars.append(next)
            self.rest.removeFirst()
        }
        guard let ranges = Self.classes[name], self.skip(":"), self.skip("]") else { throw problem }
        return ranges
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard self.rest.first == character else { return false }
        self.rest.removeFirst()
        return true
    }
}
