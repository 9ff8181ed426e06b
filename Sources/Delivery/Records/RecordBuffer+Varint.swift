extension RecordBuffer {
    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        if value < 0x80 {
            self.append(UInt8(truncatingIfNeeded: value))
        } else {
            self.append(longVarint: value)
        }
    }

    private mutating func append(longVarint value: UInt64) {
        self.append(atMost: 10) { bytes in
            var rest = value
            var count = 0
            while rest >= 0x80 {
                bytes[count] = UInt8(truncatingIfNeeded: rest) | 0x80
                rest >>= 7
                count += 1
            }
            bytes[count] = UInt8(truncatingIfNeeded: rest)
            return count + 1
        }
    }

    /// A number that is near zero as a rule, below or above: the sign becomes the lowest bit.
    @inline(__always)
    mutating func append(zigzag value: Int64) {
        self.append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// A text behind its length.
    mutating func append(lengthPrefixed text: String) {
        var text = text
        text.withUTF8 { bytes in
            self.append(varint: UInt64(bytes.count))
            self.append(UnsafeRawBufferPointer(bytes))
        }
    }
}
