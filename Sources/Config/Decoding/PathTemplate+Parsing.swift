extension PathTemplate {
    /// Reads a template.
    ///
    /// - Parameter resolve: makes a path absolute.
    init(parsing text: String, resolve: (String) -> String) throws(TextProblem) {
        if text.utf8.contains(UInt8(ascii: "%")) {
            throw TextProblem("has a '%': time in paths is not supported by this version (use {channel}, {route}, {client_id})")
        }
        if text.utf8.last == UInt8(ascii: "/") { throw TextProblem("must name a file, not a folder (it ends with '/')") }
        let pieces = try Self.pieces(of: text)

        let absolute = resolve(text)
        let added = absolute.utf8.prefix(absolute.utf8.count - text.utf8.count)
        if added.contains(where: { "{}%".utf8.contains($0) }) {
            throw TextProblem("is relative to a folder with '{', '}' or '%' in its name (write an absolute path)")
        }
        self.text = absolute
        self.pieces = added.isEmpty ? pieces : [.text(String(Substring(added)))] + pieces
    }

    /// Takes a template apart at its places, which are those of `known`.
    static func pieces(of text: String, known: [Placeholder] = Placeholder.allCases) throws(TextProblem) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text.utf8[...]
        while let brace = rest.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) {
            if brace > rest.startIndex { pieces.append(.text(String(Substring(rest[..<brace])))) }
            if rest[brace] == UInt8(ascii: "}") { throw TextProblem("has a '}' without its '{'") }
            rest = rest[rest.index(after: brace)...]
            guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }),
                rest[end] == UInt8(ascii: "}")
            else { throw TextProblem("has a '{' without its '}'") }
            let name = String(Substring(rest[..<end]))
            guard let placeholder = known.first(where: { $0.rawValue == name }) else {
                let names = known.map(\.rawValue)
                let known = names.map { "{\($0)}" }.joined(separator: ", ")
                let meant = Suggestion.closest(to: name, among: names)
                let hint = meant.map { "did you mean {\($0)}?" } ?? "known: \(known)"
                throw TextProblem("has the unknown placeholder {\(Quoted.harmless(name))} (\(hint))")
            }
            pieces.append(.placeholder(placeholder))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(Substring(rest)))) }
        return pieces
    }
}
