/// Text from outside that is to stand in a line of ours.
enum PlainText {
    /// What comes from outside can neither begin a line of its own nor give orders to a terminal.
    static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isControl($0) ? " " : $0 }))
    }

    /// The control characters of ASCII and of Latin-1, Unicode's own line and paragraph separators, and what turns the order of the
    /// characters that follow.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
