/// The names that users give to routes and sinks. They go into file names, metrics and logs.
enum NameText {
    static func parse(_ text: String) throws(TextProblem) -> String {
        if text.isEmpty { throw TextProblem("must not be empty") }
        if text.hasControlCharacters { throw TextProblem("must not contain control characters") }
        if text.utf8.contains(UInt8(ascii: "/")) || text == "." || text == ".." {
            throw TextProblem("must not be \".\" or \"..\" or contain a '/': it can become part of a file's name")
        }
        if text.utf8.count > 128 { throw TextProblem("must not be longer than 128 bytes") }
        return text
    }
}
