/// Reads the values of one record; says so when the bytes cannot be what was written.
///
/// Array access is checked in every build: no bytes can make it read beyond the record.
struct JournalReader {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    var isAtEnd: Bool { self.position == self.end }

    mutating func byte() throws(Malformed) -> UInt8 {
        guard self.position < self.end else { throw Malformed() }
        defer { self.position += 1 }
        return self.bytes[self.position]
    }

    mutating func flag() throws(Malformed) -> Bool {
        switch try self.byte() {
        case 0: false
        case 1: true
        default: throw Malformed()
        }
    }

    mutating func varint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try self.byte()
            // Of the tenth byte, one bit is left.
            guard shift < 63 || byte <= 1 else { throw Malformed() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Malformed()
    }

    mutating func zigzag() throws(Malformed) -> Int64 {
        let value = try self.varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// - Parameter maximum: the highest value that can be meant.
    mutating func count(upTo maximum: Int) throws(Malformed) -> Int {
        guard let count = Int(exactly: try self.varint()), count <= maximum else { throw Malformed() }
        return count
    }

    mutating func word() throws(Malformed) -> UInt64 {
        var word: UInt64 = 0
        for _ in 0..<8 { word = word << 8 | UInt64(try self.byte()) }
        return word
    }

    mutating func halfWord() throws(Malformed) -> UInt32 {
        var word: UInt32 = 0
        for _ in 0..<4 { word = word << 8 | UInt32(try self.byte()) }
        return word
    }

    mutating func text() throws(Malformed) -> String {
        let count = try self.count(upTo: self.end - self.position)
        defer { self.position += count }
        let range = self.position..<self.position + count
        guard let text = String(validating: self.bytes[range], as: UTF8.self) else { throw Malformed() }
        return text
    }

    /// Reads bytes that have to be there.
    mutating func expect(_ text: StaticString) throws(Malformed) {
        for index in 0..<text.utf8CodeUnitCount {
            guard try self.byte() == text.utf8Start[index] else { throw Malformed() }
        }
    }
}
