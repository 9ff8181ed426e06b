/// What JSON strings say: text between quotes, without its escapes.
enum JSONString {
    /// Whether a string says `text`.
    ///
    /// - Parameter content: what is between the quotes, of valid JSON.
    static func equals(_ content: UnsafeRawBufferPointer, _ text: [UInt8]) -> Bool {
        if content.count == text.count, content.elementsEqual(text), !text.contains(UInt8(ascii: "\\")) { return true }
        // Nothing is shorter for its escapes.
        guard content.count > text.count, content.count <= Self.longest(of: text.count), Self.hasEscapes(content) else {
            return false
        }
        return Self.decoded(content) == text
    }

    /// How many bytes a string can have between its quotes that says so many: `\u0061` is the longest way to say one.
    static func longest(of count: Int) -> Int { 6 * count }

    static func hasEscapes(_ content: UnsafeRawBufferPointer) -> Bool {
        content.contains(UInt8(ascii: "\\"))
    }

    static func decoded(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        Self.append(content, to: &text)
        return text
    }

    /// Appends what a string says, in UTF-8. Half of a surrogate pair, which JSON allows, becomes three bytes of its own, which are
    /// no UTF-8 and equal to nothing but the same half.
    static func append(_ content: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + content.count)
        var rest = content[...]
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            text += rest[..<backslash]
            rest = rest[(backslash + 1)...]
            switch rest.popFirst() {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): Self.append(codePoint: Self.escapedCodePoint(&rest), to: &text)
            case let character?: text.append(character)
            case nil: break
            }
        }
        text += rest
    }

    /// What follows `\u`; of a surrogate pair, both halves.
    private static func escapedCodePoint(_ rest: inout Slice<UnsafeRawBufferPointer>) -> UInt32 {
        let high = Self.fourDigits(&rest)
        guard (0xD800...0xDBFF).contains(high), rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return high }
        var after = rest.dropFirst(2)
        let low = Self.fourDigits(&after)
        guard (0xDC00...0xDFFF).contains(low) else { return high }
        rest = after
        return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    private static func fourDigits(_ rest: inout Slice<UnsafeRawBufferPointer>) -> UInt32 {
        var code: UInt32 = 0
        for digit in rest.prefix(4) {
            // A letter's low four bits are 1 for `a`.
            code = code << 4 | UInt32(digit & 0xF) + (digit > UInt8(ascii: "9") ? 9 : 0)
        }
        rest = rest.dropFirst(4)
        return code
    }

    private static func append(codePoint code: UInt32, to text: inout [UInt8]) {
        func continuation(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: code >> shift & 0x3F) }
        switch code {
        case ..<0x80: text.append(UInt8(truncatingIfNeeded: code))
        case ..<0x800: text += [0xC0 | UInt8(truncatingIfNeeded: code >> 6), continuation(0)]
        case ..<0x10000: text += [0xE0 | UInt8(truncatingIfNeeded: code >> 12), continuation(6), continuation(0)]
        default:
            text += [0xF0 | UInt8(truncatingIfNeeded: code >> 18), continuation(12), continuation(6), continuation(0)]
        }
    }
}
