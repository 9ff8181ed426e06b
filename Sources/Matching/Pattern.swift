/// A POSIX extended regular expression that is looked for in texts whose authors nobody knows.
///
/// Takes time in proportion to the text (times the size of the pattern, at worst), and memory in proportion to the pattern,
/// whatever the text is: all ways to match are followed at once, and none is ever gone back on. The C library's `regexec` promises
/// neither: it starts anew at every character, and keeps all states that any text ever led it to.
///
/// A character is a Unicode code point; `.` is any, even a line feed. `^` and `$` are the start and the end of the text, not of a
/// line. Classes such as `[[:alpha:]]` are those of ASCII. Back-references are refused, because they cannot be had at that price;
/// and so is what other dialects mean by `\d`, `*?` or `(?…)`, rather than taken for something else.
package struct Pattern: Sendable, CustomStringConvertible {
    /// The longest pattern, in bytes.
    package static let maximumLength = 1024

    /// The largest number in `{…}`.
    package static let maximumRepetition = 255

    /// The most instructions that a pattern may come to when its repetitions are written out.
    package static let maximumInstructions = 512

    /// The pattern as it was written.
    package let text: String

    let program: PatternProgram

    package var description: String { self.text }

    package init(_ text: String) throws(SyntaxProblem) {
        if text.utf8.count > Self.maximumLength {
            throw SyntaxProblem("must not be longer than \(Self.maximumLength) bytes")
        }
        self.text = text
        var compiler = PatternCompiler()
        self.program = try compiler.compile(try PatternParser.parse(text))
    }

    /// Whether the pattern is found anywhere in a text.
    ///
    /// - Parameter utf8: the text. Bytes that are not UTF-8 match nothing that was written, but do match `.`.
    package func isFound(in utf8: UnsafeRawBufferPointer) -> Bool {
        self.program.isFound(in: utf8)
    }

    package func isFound(in text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { self.program.isFound(in: $0) }
    }
}

extension Pattern: Hashable {
    package static func == (left: Pattern, right: Pattern) -> Bool {
        left.text == right.text
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.text)
    }
}
