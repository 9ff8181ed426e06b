/// Texts that become part of a NATS subject: channels, the cluster id, the discover prefix.
enum SubjectText {
    static func parse(_ text: String) throws(TextProblem) -> String {
        if text.utf8.contains(where: { "*>".utf8.contains($0) }) {
            throw TextProblem("must not have a wildcard, '*' or '>', not \(Quoted(text))")
        }
        if text.unicodeScalars.contains(where: \.properties.isWhitespace) {
            throw TextProblem("must not have white space, not \(Quoted(text))")
        }
        if text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).contains(where: \.isEmpty) {
            throw TextProblem("must not have a '.' at its start, at its end, or beside another, not \(Quoted(text))")
        }
        return text
    }

    /// A channel is a subject without `/`: the server keeps channels in folders.
    static func channel(_ text: String) throws(TextProblem) -> String {
        if text.utf8.contains(where: { "*>".utf8.contains($0) }) {
            throw TextProblem("must not have a wildcard, '*' or '>': STAN channels have none (write a route for each channel)")
        }
        if text.utf8.contains(UInt8(ascii: "/")) {
            throw TextProblem("must not have a '/', not \(Quoted(text)) (parts of a channel's name are separated by '.')")
        }
        return try Self.parse(text)
    }
}
