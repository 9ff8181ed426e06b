import Notation

extension PathTemplate {
    /// Reads a template.
    ///
    /// - Parameter resolve: makes a path absolute.
    init(parsing text: String, resolve: (String) -> String) throws(TextProblem) {
        if text.utf8.last == UInt8(ascii: "/") { throw TextProblem("must name a file, not a folder (it ends with '/')") }
        let pieces = try Self.pieces(of: text, known: Placeholder.allCases, hasTime: true)

        let absolute = resolve(text)
        let added = absolute.utf8.prefix(absolute.utf8.count - text.utf8.count)
        if added.contains(where: { "{}".utf8.contains($0) }) {
            throw TextProblem("is relative to a folder with '{' or '}' in its name (write an absolute path)")
        }
        let folder = String(Substring(added))
        self.text = folder.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%") + text
        self.pieces = folder.isEmpty ? pieces : [.text(folder)] + pieces
    }

    /// Takes a template apart.
    ///
    /// - Parameters:
    ///   - known: the places that there can be.
    ///   - hasTime: whether a percent sign begins a part of the time.
    static func pieces(of text: String, known: [Placeholder], hasTime: Bool) throws(TextProblem) -> [Piece] {
        var pieces: [Piece] = []
        var plain = String.UnicodeScalarView()
        func append(_ piece: Piece) {
            if !plain.isEmpty { pieces.append(.text(String(plain))) }
            plain.removeAll()
            pieces.append(piece)
        }
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "{":
                guard let end = rest.firstIndex(where: { $0 == "{" || $0 == "}" }), rest[end] == "}" else {
                    throw TextProblem("has a '{' without its '}'")
                }
                append(.placeholder(try Self.placeholder(String(rest[..<end]), known: known)))
                rest = rest[rest.index(after: end)...]
            case "}":
                throw TextProblem("has a '}' without its '{'")
            case "%" where hasTime:
                let letter = rest.popFirst()
                if letter == "%" {
                    plain.append("%")
                } else {
                    append(.time(try Self.conversion(letter)))
                }
            default:
                plain.append(scalar)
            }
        }
        if !plain.isEmpty { pieces.append(.text(String(plain))) }
        return pieces
    }

    private static func placeholder(_ name: String, known: [Placeholder]) throws(TextProblem) -> Placeholder {
        if let placeholder = known.first(where: { $0.rawValue == name }) { return placeholder }
        let names = known.map(\.rawValue)
        let meant = Suggestion.closest(to: name, among: names)
        let hint = meant.map { "did you mean {\($0)}?" } ?? "known: \(names.map { "{\($0)}" }.joined(separator: ", "))"
        throw TextProblem("has the unknown placeholder {\(Quoted.harmless(name))} (\(hint))")
    }

    private static func conversion(_ letter: Unicode.Scalar?) throws(TextProblem) -> TimeConversion {
        if let letter, let conversion = TimeConversion(rawValue: Character(letter)) { return conversion }
        let known = TimeConversion.allCases.map(\.text).joined(separator: ", ")
        guard let letter else {
            throw TextProblem("has a '%' at its end that stands for nothing (known: \(known), and %% for '%')")
        }
        let name = Quoted.harmless(String(letter))
        throw TextProblem("has '%\(name)', which is no part of a time that is known (known: \(known), and %% for '%')")
    }
}
