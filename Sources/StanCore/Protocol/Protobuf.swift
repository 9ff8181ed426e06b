package import NIOCore

/// What is wrong with bytes that should be a protobuf message.
package enum ProtobufError: Error, Equatable, CustomStringConvertible {
    case truncated
    case varintTooLong
    case invalidTag(UInt64)

    package var description: String {
        switch self {
        case .truncated: "protobuf message ends in the middle of a field"
        case .varintTooLong: "protobuf varint is longer than ten bytes"
        case .invalidTag(let tag): "protobuf tag \(tag) has no valid field number or wire type"
        }
    }
}

/// Reads the fields of a message one after the other. Good for the messages of a session, of which there are few;
/// the one that comes by the hundred thousand has a reader of its own, ``StanWire/MessageFrame``.
package struct ProtobufReader {
    package enum Value {
        case varint(UInt64)
        case bytes(ByteBuffer)
        /// A fixed-width field. No message of STAN has one; it is skipped over as any unknown field is.
        case fixed
    }

    package struct Field {
        package var number: UInt64
        package var value: Value
    }

    private var buffer: ByteBuffer

    package init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// - Returns: the next field, or nil at the end of the message.
    package mutating func next() throws(ProtobufError) -> Field? {
        guard self.buffer.readableBytes > 0 else { return nil }
        let tag = try self.readVarint()
        let number = tag >> 3
        guard number != 0, number < 1 << 29 else { throw .invalidTag(tag) }
        switch tag & 7 {
        case 0:
            return Field(number: number, value: .varint(try self.readVarint()))
        case 2:
            let length = try self.readVarint()
            guard length <= UInt64(self.buffer.readableBytes), let bytes = self.buffer.readSlice(length: Int(length)) else {
                throw .truncated
            }
            return Field(number: number, value: .bytes(bytes))
        case 1:
            guard self.buffer.readSlice(length: 8) != nil else { throw .truncated }
            return Field(number: number, value: .fixed)
        case 5:
            guard self.buffer.readSlice(length: 4) != nil else { throw .truncated }
            return Field(number: number, value: .fixed)
        default:
            throw .invalidTag(tag)
        }
    }

    private mutating func readVarint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = self.buffer.readInteger(as: UInt8.self) else { throw .truncated }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw .varintTooLong
    }
}

extension ByteBuffer {
    package mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.writeInteger(UInt8(rest))
    }

    // In proto3 a field that has its default value is left out.

    mutating func writeField(_ number: UInt64, _ value: String) {
        guard !value.isEmpty else { return }
        self.writeVarint(number << 3 | 2)
        self.writeVarint(UInt64(value.utf8.count))
        self.writeString(value)
    }

    mutating func writeField(_ number: UInt64, _ value: ByteBuffer) {
        guard value.readableBytes > 0 else { return }
        self.writeVarint(number << 3 | 2)
        self.writeVarint(UInt64(value.readableBytes))
        self.writeImmutableBuffer(value)
    }

    mutating func writeField(_ number: UInt64, _ value: UInt64) {
        guard value != 0 else { return }
        self.writeVarint(number << 3)
        self.writeVarint(value)
    }

    mutating func writeField(_ number: UInt64, _ value: Int64) {
        self.writeField(number, UInt64(bitPattern: value))
    }

    mutating func writeField(_ number: UInt64, _ value: Int32) {
        self.writeField(number, Int64(value))
    }

    mutating func writeField(_ number: UInt64, _ value: UInt32) {
        self.writeField(number, UInt64(value))
    }

    mutating func writeField(_ number: UInt64, _ value: Bool) {
        self.writeField(number, value ? UInt64(1) : 0)
    }
}

extension ProtobufReader.Value {
    // A field whose wire type is not the expected one counts as unknown and is left at its default, as protobuf has it.

    var string: String? {
        if case .bytes(let bytes) = self { String(buffer: bytes) } else { nil }
    }

    var bytes: ByteBuffer? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }

    var uint64: UInt64? {
        if case .varint(let value) = self { value } else { nil }
    }

    var int64: Int64? {
        self.uint64.map(Int64.init(bitPattern:))
    }

    var int32: Int32? {
        self.uint64.map(Int32.init(truncatingIfNeeded:))
    }

    var uint32: UInt32? {
        self.uint64.map(UInt32.init(truncatingIfNeeded:))
    }

    var bool: Bool? {
        self.uint64.map { $0 != 0 }
    }
}
