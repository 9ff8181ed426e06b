import NIOCore

@testable import StanCore

/// What a subscriber gets to know of a message, whoever decoded it.
struct DecodedMessage: Equatable {
    var sequence: UInt64
    var timestamp: Int64
    var redelivered: Bool
    var redeliveryCount: UInt32
    var data: [UInt8]

    init(_ message: StanWire.MsgProto) {
        self.sequence = message.sequence
        self.timestamp = message.timestamp
        self.redelivered = message.redelivered
        self.redeliveryCount = message.redeliveryCount
        self.data = Array(message.data.readableBytesView)
    }

    init(_ message: StanReference_MsgProto) {
        self.sequence = message.sequence
        self.timestamp = message.timestamp
        self.redelivered = message.redelivered
        self.redeliveryCount = message.redeliveryCount
        self.data = Array(message.data)
    }

    /// Decodes with the frame.
    init(frame bytes: ByteBuffer) throws {
        let frame = try bytes.withUnsafeReadableBytes { try StanWire.MessageFrame(decoding: $0) }
        self.sequence = frame.sequence
        self.timestamp = frame.timestamp
        self.redelivered = frame.redelivered
        self.redeliveryCount = frame.redeliveryCount
        let all = Array(bytes.readableBytesView)
        self.data = Array(all[frame.dataStart..<frame.dataStart + frame.dataLength])
    }
}
