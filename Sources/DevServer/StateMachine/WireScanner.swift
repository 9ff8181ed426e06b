import NIOCore

/// Reads the fields of a protobuf message in place. The server reads two messages by the hundred thousand, publishes and
/// acks, and of those it wants places in the bytes rather than copies of them.
struct WireScanner {
    enum Field {
        case varint(number: UInt64, UInt64)
        /// A place in the scanned bytes.
        case bytes(number: UInt64, Range<Int>)
        case skipped
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// - Parameter bytes: has to outlive the scanner.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    /// - Returns: the next field, or nil when the bytes are not protobuf. Not to be called at the end.
    mutating func next() -> Field? {
        guard let tag = self.varint() else { return nil }
        let number = tag >> 3
        guard number != 0, number < 1 << 29 else { return nil }
        switch tag & 7 {
        case 0:
            guard let value = self.varint() else { return nil }
            return .varint(number: number, value)
        case 1:
            return self.skip(8)
        case 2:
            guard let length = self.varint(), length <= UInt64(self.bytes.count - self.position) else { return nil }
            let start = self.position
            self.position += Int(length)
            return .bytes(number: number, start..<self.position)
        case 5:
            return self.skip(4)
        default:
            return nil
        }
    }

    private mutating func skip(_ count: Int) -> Field? {
        guard self.bytes.count - self.position >= count else { return nil }
        self.position += count
        return .skipped
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while self.position < self.bytes.count, shift < 64 {
            let byte = self.bytes[self.position]
            self.position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
