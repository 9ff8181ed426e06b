import NIOCore

/// Writes the acks of one subscription. All is fixed but the sequence and, with its length, two size fields; so an ack is two copies.
struct AckTemplate {
    /// For each possible length of the sequence's varint, everything before it: the PUB line and the beginning of the `Ack`.
    private let prefixes: [[UInt8]]

    init(ackInbox: String, channel: String) {
        self.prefixes = (1...10).map { sequenceLength in
            var message = ByteBuffer()
            message.writeField(1, channel)
            message.writeVarint(2 << 3)
            var line = ByteBuffer(string: "PUB \(ackInbox) \(message.readableBytes + sequenceLength)\r\n")
            line.writeBuffer(&message)
            return Array(line.readableBytesView)
        }
    }

    func write(_ sequence: UInt64, to buffer: inout ByteBuffer) {
        let length = max(1, (64 - sequence.leadingZeroBitCount + 6) / 7)
        buffer.writeBytes(self.prefixes[length - 1])
        buffer.writeVarint(sequence)
        buffer.writeStaticString("\r\n")
    }
}
