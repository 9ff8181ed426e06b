/// Small pure helpers for text that comes from, or goes to, the other side.
enum HTTPText {
    /// A byte of a header's name: `tchar` of RFC 9110, section 5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// `text` with each byte outside visible ASCII, and `%` itself, as `%XX`: fit for a header's value, and never ambiguous.
    static func percentEncoded(_ text: String) -> String {
        self.percentEncoded(text) { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "%") }
    }

    /// `text` as a segment of a URI's path: `pchar` of RFC 3986, section 3.3.
    static func pathEncoded(_ text: String) -> String {
        self.percentEncoded(text) { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default:
                "-._~!$&'()*+,;=:@".utf8.contains(byte)
            }
        }
    }

    /// `text` as a name or a value of a query: the unreserved characters of RFC 3986 stay, all else is `%XX`.
    static func queryEncoded(_ text: String) -> String {
        self.percentEncoded(text) { Self.isTokenByte($0) && !"!#$%&'*+^`|".utf8.contains($0) }
    }

    /// The value of an attribute of a CloudEvent as a header has it: section 3.1.3.2 of the HTTP binding.
    static func headerEncodedAttribute(_ text: String) -> String {
        self.percentEncoded(text) { (0x21...0x7E).contains($0) && !"\"%".utf8.contains($0) }
    }

    /// An idempotency key as the id of a signed webhook, which must have no full stop: with one, what is signed could be read in two
    /// ways. The key is percent-encoded already, so that nothing else becomes the same id.
    static func webhookID(ofKey key: UnsafeRawBufferPointer, into buffer: inout RecordBuffer) {
        for byte in key {
            if byte == UInt8(ascii: ".") { buffer.append("%2E") } else { buffer.append(byte) }
        }
    }

    private static func percentEncoded(_ text: String, isPlain: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `text` on one line: white space becomes single spaces, and what could upset a terminal or a log becomes `?`.
    static func oneLine(_ text: some StringProtocol) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                if let last = line.last, last != " " { line.append(" ") }
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: line.append("?")
            default: line.append(scalar)
            }
        }
        if line.last == " " { line.removeLast() }
        return String(line)
    }

    /// One line of visible ASCII, for the value of a header.
    static func printable(_ text: String) -> String {
        String(decoding: Self.oneLine(text).utf8.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// The status in a status line: `HTTP/1.1 200 OK`, `HTTP/2 200`. Nil where it is none.
    static func status(ofLine line: UnsafeRawBufferPointer) -> Int? {
        guard let space = line.firstIndex(of: UInt8(ascii: " ")), space > 5, space + 4 <= line.count else { return nil }
        let version = line[5..<space]
        guard (1...3).contains(version.count), version.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 || $0 == UInt8(ascii: ".") })
        else {
            return nil
        }
        var status = 0
        for byte in line[(space + 1)...(space + 3)] {
            guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
            status = status * 10 + Int(byte &- UInt8(ascii: "0"))
        }
        return space + 4 == line.count || line[space + 4] <= UInt8(ascii: " ") ? status : nil
    }

    /// The first bytes of an answer, for a reason. What is not UTF-8 is shown as U+FFFD; a scalar cut off by the end is left out.
    static func excerpt(_ bytes: UnsafeRawBufferPointer, isCut: Bool) -> String {
        var text = String(decoding: bytes, as: UTF8.self)
        if isCut, text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        return Self.oneLine(text)
    }

    /// `30s`, `500ms`, `1.5s`.
    static func describe(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = Int(attoseconds / 1_000_000_000_000_000)
        if seconds == 0 { return "\(milliseconds)ms" }
        if milliseconds == 0 { return "\(seconds)s" }
        var fraction = String(1000 + abs(milliseconds)).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(seconds).\(fraction)s"
    }
}
