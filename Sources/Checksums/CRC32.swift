/// The CRC-32 of IEEE 802.3, which zlib and gzip use, four bytes at a time.
package enum CRC32 {
    /// - Parameter seed: the checksum of what comes before.
    package static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        var crc = ~seed
        var index = 0
        Self.tables.withUnsafeBufferPointer { tables in
            while index + 4 <= bytes.count {
                crc ^= UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
                crc =
                    tables[768 + Int(crc & 0xff)] ^ tables[512 + Int(crc >> 8 & 0xff)]
                    ^ tables[256 + Int(crc >> 16 & 0xff)] ^ tables[Int(crc >> 24)]
                index += 4
            }
            while index < bytes.count {
                crc = tables[Int((crc ^ UInt32(bytes[index])) & 0xff)] ^ crc >> 8
                index += 1
            }
        }
        return ~crc
    }

    /// Four tables of 256: what a byte does to the checksum when 0, 1, 2 or 3 bytes follow it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 1024)
        for byte in 0..<256 {
            tables[byte] = (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xedb8_8320 ^ crc >> 1 : crc >> 1 }
        }
        for index in 256..<1024 {
            let previous = tables[index - 256]
            tables[index] = tables[Int(previous & 0xff)] ^ previous >> 8
        }
        return tables
    }()
}
