import Glibc

/// Bytes to be written, in memory that is kept from one group to the next.
///
/// Plain memory instead of a `ByteBuffer` or an array: records are appended piece by piece, and nothing has to be asked about
/// uniqueness at every piece.
package struct RecordBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int

    /// The number of bytes in it.
    package private(set) var count = 0

    /// - Parameter capacity: bytes to have room for from the start; it grows as needed.
    package init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        self.base = .allocate(byteCount: self.capacity, alignment: 1)
    }

    deinit {
        self.base.deallocate()
    }

    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: self.base, count: self.count)
    }

    /// Forgets all bytes from `count` on.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Empties it, and gives memory back that one very large record may have taken.
    package mutating func removeAll(keepingAtMost limit: Int) {
        self.count = 0
        guard self.capacity > limit else { return }
        self.base.deallocate()
        self.capacity = limit
        self.base = .allocate(byteCount: limit, alignment: 1)
    }

    /// Makes room, fills it, and counts what `body` says that it has filled.
    @inline(__always)
    package mutating func append(atMost count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        self.reserve(count)
        let written = body(UnsafeMutableRawBufferPointer(start: self.base + self.count, count: count))
        precondition(written >= 0 && written <= count)
        self.count += written
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        self.reserve(1)
        self.base.storeBytes(of: byte, toByteOffset: self.count, as: UInt8.self)
        self.count += 1
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        self.reserve(bytes.count)
        memcpy(self.base + self.count, source, bytes.count)
        self.count += bytes.count
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) {
        self.append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { self.append($0) }
    }

    package mutating func append(zeros count: Int) {
        self.append(atMost: count) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            return count
        }
    }

    /// Appends a number, the highest byte first.
    @inline(__always)
    package mutating func append<Number: FixedWidthInteger>(bigEndian value: Number) {
        withUnsafeBytes(of: value.bigEndian) { self.append($0) }
    }

    /// Puts a number of 32 bits, the highest byte first, in place of four bytes that are there.
    package mutating func store(bigEndian value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= self.count)
        self.base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Puts spaces in place of line breaks. In JSON text they can only stand between tokens.
    package mutating func replaceLineBreaks(from start: Int) {
        let bytes = UnsafeMutableRawBufferPointer(start: self.base, count: self.count)
        for index in start..<self.count where bytes[index] == 0x0A || bytes[index] == 0x0D { bytes[index] = 0x20 }
    }

    /// Takes the last byte back.
    package mutating func removeLast() {
        precondition(self.count > 0)
        self.count -= 1
    }

    package mutating func append(decimal value: UInt64) {
        self.append(atMost: 20) { bytes in
            var digits = 1
            var power: UInt64 = 10
            while digits < 20, value >= power {
                digits += 1
                power = power &* 10
            }
            var rest = value
            for index in stride(from: digits - 1, through: 0, by: -1) {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                bytes[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
                rest = quotient
            }
            return digits
        }
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if self.capacity - self.count < more {
            self.grow(by: more)
        }
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        let capacity = max(self.capacity * 2, self.count + more)
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        memcpy(base, self.base, self.count)
        self.base.deallocate()
        self.base = base
        self.capacity = capacity
    }
}

// Nobody else has a pointer to its memory, and it cannot be copied.
extension RecordBuffer: @unchecked Sendable {}
