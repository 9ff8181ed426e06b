/// The text form of nkeys: base 32 without padding, with a checksum at the end.
package enum NKeyEncoding {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected or inverted.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var checksum: UInt16 = 0
        for byte in bytes {
            checksum ^= UInt16(byte) << 8
            for _ in 0..<8 {
                checksum = checksum & 0x8000 == 0 ? checksum << 1 : checksum << 1 ^ 0x1021
            }
        }
        return checksum
    }

    /// RFC 4648 base 32, upper case, no padding.
    static func base32(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var bits: UInt16 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt16(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(Self.letters[Int(bits >> UInt16(count) & 31)])
            }
        }
        if count > 0 { text.append(Self.letters[Int(bits << UInt16(5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes exactly as many bytes as there is room for, and checks that the last two are the checksum of the others, the lower
    /// byte first.
    static func decode(_ text: some Collection<UInt8>, into bytes: UnsafeMutableRawBufferPointer) throws(NKeyError) {
        guard text.count == (bytes.count * 8 + 4) / 5 else {
            throw .wrongLength(text.count, expected: (bytes.count * 8 + 4) / 5)
        }
        var bits: UInt16 = 0
        var count = 0
        var next = 0
        for letter in text {
            let value: UInt8
            switch letter {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = letter - UInt8(ascii: "A")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = letter - UInt8(ascii: "2") + 26
            default: throw .notBase32
            }
            bits = bits << 5 | UInt16(value)
            count += 5
            guard count >= 8 else { continue }
            count -= 8
            bytes[next] = UInt8(truncatingIfNeeded: bits >> UInt16(count))
            next += 1
        }
        // One key has one text: what is left over of the last letter is zero.
        guard bits & (1 << UInt16(count) - 1) == 0 else { throw .notBase32 }
        let body = bytes.dropLast(2)
        guard Self.checksum(body) == UInt16(bytes[bytes.count - 2]) | UInt16(bytes[bytes.count - 1]) << 8 else {
            throw .wrongChecksum
        }
    }

    /// The text of some bytes and their checksum.
    package static func encode(_ bytes: [UInt8]) -> String {
        let checksum = Self.checksum(bytes)
        return Self.base32(bytes + [UInt8(truncatingIfNeeded: checksum), UInt8(checksum >> 8)])
    }
}
