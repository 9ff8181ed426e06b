import Glibc

/// Standard output: a terminal, or something that is not to be bothered with escape sequences.
struct Screen {
    private static let enter = "\u{1b}[?1049h\u{1b}[?25l"
    private static let leave = "\u{1b}[?25h\u{1b}[?1049l"

    let isTerminal: Bool
    /// Whether colours are welcome: <https://no-color.org>.
    let isColored: Bool

    init() {
        let isDumb = Self.variable("TERM").map { $0 == "dumb" } ?? false
        self.isTerminal = isatty(STDOUT_FILENO) == 1 && !isDumb
        self.isColored = self.isTerminal && (Self.variable("NO_COLOR") ?? "").isEmpty
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Nil where it is not known, or nothing is cut off.
    var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard self.isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Takes the whole terminal, until ``end()``.
    func begin() {
        if self.isTerminal { Self.write(Self.enter) }
    }

    /// Gives the terminal back as it was.
    func end() {
        if self.isTerminal { Self.write(Self.leave) }
    }

    /// Puts lines in the place of those before; where there is no terminal, below them.
    ///
    /// - Returns: whether there is anybody left to read them.
    func show(_ lines: [String]) -> Bool {
        guard self.isTerminal else { return Self.write(lines.map { $0 + "\n" }.joined() + "\n") }
        var text = "\u{1b}[H"
        // One line less than there are: a last line break would make the terminal move all up.
        for line in lines.prefix((self.size?.rows ?? .max) - 1) { text += line + "\u{1b}[K\r\n" }
        return Self.write(text + "\u{1b}[J")
    }

    @discardableResult
    static func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let count = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
            return true
        }
    }
}
