/// Writes small things into memory that is known to be large enough. For what is written with every message.
struct RawWriter {
    private let bytes: UnsafeMutableRawBufferPointer

    /// How many bytes have been written.
    private(set) var count = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func write(_ byte: UInt8) {
        self.bytes[self.count] = byte
        self.count += 1
    }

    mutating func write(_ other: [UInt8]) {
        precondition(other.count <= self.bytes.count - self.count)
        UnsafeMutableRawBufferPointer(rebasing: self.bytes[self.count...]).copyBytes(from: other)
        self.count += other.count
    }

    mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.write(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.write(UInt8(truncatingIfNeeded: rest))
    }

    mutating func writeDecimal(_ value: UInt64) {
        let length = Self.decimalLength(value)
        precondition(length <= self.bytes.count - self.count)
        var rest = value
        var index = self.count + length
        repeat {
            index -= 1
            self.bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        self.count += length
    }

    static func decimalLength(_ value: UInt64) -> Int {
        var length = 1
        var rest = value
        while rest >= 10 {
            length += 1
            rest /= 10
        }
        return length
    }

    static func varintLength(_ value: UInt64) -> Int {
        max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }
}
