/// Base64 in the standard alphabet (RFC 4648, section 4).
package enum Base64 {
    /// The bytes that a text stands for; nil when there is anything else among the letters, or the padding is not what it has to be.
    /// Bits left over in the last letter are ignored, as elsewhere.
    ///
    /// - Parameter paddingIsOptional: whether the text may do without any padding. Default false.
    package static func decode(_ text: some Sequence<UInt8>, paddingIsOptional: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.underestimatedCount / 4 * 3)
        var bits: UInt32 = 0
        var letters = 0
        var padding = 0
        for letter in text {
            if letter == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = Self.value(of: letter) else { return nil }
            bits = bits << 6 | UInt32(value)
            letters += 1
            // The first letter of four completes no byte.
            let left = (4 - letters % 4) % 4 * 2
            if left < 6 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(left))) }
        }
        let needed = (4 - letters % 4) % 4
        guard needed < 3, padding == needed || padding == 0 && paddingIsOptional else { return nil }
        return bytes
    }

    private static func value(of letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
