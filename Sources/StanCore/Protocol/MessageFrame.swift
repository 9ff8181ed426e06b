extension StanWire {
    /// A `MsgProto` decoded in place: numbers, and the place of the data.
    ///
    /// This is the one message that comes by the hundred thousand a second. Channel and reply are stepped over: the inbox it came
    /// to says which channel it is.
    package struct MessageFrame: Sendable, Equatable {
        package var sequence: UInt64 = 0
        package var timestamp: Int64 = 0
        package var redelivered = false
        package var redeliveryCount: UInt32 = 0

        /// Where the data begins, counted from the start of the message.
        package var dataStart = 0
        package var dataLength = 0

        package init() {}

        /// - Throws: ``ProtobufError`` for bytes that are no protobuf message.
        package init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
            var index = 0
            while index < bytes.count {
                let tag = try Self.varint(bytes, &index)
                switch tag {
                case 1 << 3 | 0: self.sequence = try Self.varint(bytes, &index)
                case 5 << 3 | 0: self.timestamp = Int64(bitPattern: try Self.varint(bytes, &index))
                case 6 << 3 | 0: self.redelivered = try Self.varint(bytes, &index) != 0
                case 7 << 3 | 0: self.redeliveryCount = UInt32(truncatingIfNeeded: try Self.varint(bytes, &index))
                case 4 << 3 | 2:
                    self.dataLength = try Self.length(bytes, &index)
                    self.dataStart = index
                    index += self.dataLength
                default:
                    try Self.skip(tag, bytes, &index)
                }
            }
        }

        private static func skip(_ tag: UInt64, _ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(ProtobufError) {
            guard tag >> 3 != 0, tag >> 3 < 1 << 29 else { throw .invalidTag(tag) }
            switch tag & 7 {
            case 0: _ = try Self.varint(bytes, &index)
            case 1: index += 8
            case 2: index += try Self.length(bytes, &index)
            case 5: index += 4
            default: throw .invalidTag(tag)
            }
            guard index <= bytes.count else { throw .truncated }
        }

        /// A length that is known to lie within the message.
        private static func length(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(ProtobufError) -> Int {
            let length = try Self.varint(bytes, &index)
            guard length <= UInt64(bytes.count - index) else { throw .truncated }
            return Int(length)
        }

        @inline(__always)
        private static func varint(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(ProtobufError) -> UInt64 {
            guard index < bytes.count else { throw .truncated }
            let first = bytes[index]
            index += 1
            if first < 0x80 { return UInt64(first) }
            var value = UInt64(first & 0x7f)
            var shift: UInt64 = 7
            while shift <= 63 {
                guard index < bytes.count else { throw .truncated }
                let byte = bytes[index]
                index += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            throw .varintTooLong
        }
    }
}
