import NIOCore

/// An `Ack`, read without making anything of the channel's name but a comparison.
enum AckFrame {
    /// - Returns: the sequence that an ack speaks of, or nil when it is not one, or is one of another channel.
    static func sequence(in payload: ByteBuffer, channel: ByteBuffer) -> UInt64? {
        payload.withUnsafeReadableBytes { bytes in
            channel.withUnsafeReadableBytes { channel in
                var sequence: UInt64 = 0
                var isOurs = false
                var scanner = WireScanner(bytes)
                while !scanner.isAtEnd {
                    switch scanner.next() {
                    case .varint(number: 2, let value): sequence = value
                    case .bytes(number: 1, let range): isOurs = bytes[range].elementsEqual(channel)
                    case .varint, .bytes, .skipped: break
                    case nil: return nil
                    }
                }
                return isOurs ? sequence : nil
            }
        }
    }
}
