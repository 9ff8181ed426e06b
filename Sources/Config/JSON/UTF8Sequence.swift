/// The well-formed sequences of UTF-8 (Unicode, table 3-7).
enum UTF8Sequence {
    /// The length of the sequence of two to four bytes that starts at `start`; nil when it is ill-formed or cut off.
    static func length(in bytes: [UInt8], at start: Int) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[start] {
        case 0xC2...0xDF:
            length = 2
        case 0xE0:
            length = 3
            second = 0xA0...0xBF
        case 0xED:
            // 0xA0 and above would be a surrogate.
            length = 3
            second = 0x80...0x9F
        case 0xE1...0xEF:
            length = 3
        case 0xF0:
            length = 4
            second = 0x90...0xBF
        case 0xF4:
            length = 4
            second = 0x80...0x8F
        case 0xF1...0xF3:
            length = 4
        default:
            return nil
        }
        guard start + length <= bytes.count, second.contains(bytes[start + 1]) else { return nil }
        for byte in bytes[(start + 2)..<(start + length)] where !(0x80...0xBF).contains(byte) {
            return nil
        }
        return length
    }
}
