/// What JSON needs beyond plain bytes.
extension RecordBuffer {
    /// Appends a JSON string with its quotes.
    ///
    /// Besides what JSON demands, U+2028 and U+2029 are escaped: some readers take them for the end of a line.
    ///
    /// - Parameter bytes: must be valid UTF-8.
    package mutating func append(jsonString bytes: UnsafeRawBufferPointer) {
        self.append(UInt8(ascii: "\""))
        var plainFrom = 0
        var index = 0
        while index < bytes.count {
            while index + 8 <= bytes.count, Self.isPlain(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
                index += 8
            }
            guard index < bytes.count else { break }
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte != 0xE2 {
                index += 1
                continue
            }
            if byte == 0xE2, !Self.isLineSeparator(bytes, at: index) {
                index += 3
                continue
            }
            self.append(UnsafeRawBufferPointer(rebasing: bytes[plainFrom..<index]))
            if byte == 0xE2 {
                self.append(bytes[index + 2] == 0xA8 ? "\\u2028" : "\\u2029")
                index += 3
            } else {
                self.append(escaped: byte)
                index += 1
            }
            plainFrom = index
        }
        self.append(UnsafeRawBufferPointer(rebasing: bytes[plainFrom...]))
        self.append(UInt8(ascii: "\""))
    }

    /// Appends a string as a JSON string with its quotes.
    package mutating func append(jsonString text: String) {
        var text = text
        text.withUTF8 { self.append(jsonString: UnsafeRawBufferPointer($0)) }
    }

    /// Appends base64 (RFC 4648, section 4, with padding).
    package mutating func append(base64 bytes: UnsafeRawBufferPointer) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let letters = alphabet.utf8Start
        self.append(atMost: (bytes.count + 2) / 3 * 4) { output in
            var length = 0
            var index = 0
            while index < bytes.count {
                let taken = min(3, bytes.count - index)
                var bits: UInt32 = 0
                for offset in 0..<3 {
                    bits = bits << 8 | (offset < taken ? UInt32(bytes[index + offset]) : 0)
                }
                for letter in 0..<4 {
                    let value = Int(bits >> UInt32(18 - 6 * letter) & 0x3F)
                    output[length + letter] = letter <= taken ? letters[value] : UInt8(ascii: "=")
                }
                length += 4
                index += taken
            }
            return length
        }
    }

    /// Whether eight bytes are all ASCII that needs no escape. Says no, at worst, to some that are.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        // Subtracting one from each byte sets its high bit where it was 0, and likewise for the other values in question.
        let quotes = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
        let backslashes = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
        let controls = word &- 0x2020_2020_2020_2020
        return (quotes | backslashes | controls | word) & 0x8080_8080_8080_8080 == 0
    }

    /// Whether U+2028 or U+2029 stands here: E2 80 A8, E2 80 A9.
    private static func isLineSeparator(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        index + 2 < bytes.count && bytes[index + 1] == 0x80 && bytes[index + 2] & 0xFE == 0xA8
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.append("\\\"")
        case UInt8(ascii: "\\"): self.append("\\\\")
        case 0x08: self.append("\\b")
        case 0x09: self.append("\\t")
        case 0x0A: self.append("\\n")
        case 0x0C: self.append("\\f")
        case 0x0D: self.append("\\r")
        default:
            let digits: StaticString = "0123456789abcdef"
            self.append("\\u00")
            self.append(digits.utf8Start[Int(byte >> 4)])
            self.append(digits.utf8Start[Int(byte & 0xF)])
        }
    }
}
