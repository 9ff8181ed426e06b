import NATSTransport
import NIOCore

/// Writes the messages that a session publishes to one channel. All is fixed but the guid, the data and the sizes.
///
/// Protobuf does not mind the order of fields, so what is fixed stands together, before the guid and the data.
struct PublishTemplate {
    /// `PUB <subject> <reply> `
    private let line: ByteBuffer

    /// Client id, channel and connection id, encoded.
    private let fixedFields: ByteBuffer

    init(channel: String, prefix: String, ackInbox: String, clientID: String, connectionID: ByteBuffer) {
        self.line = ByteBuffer(string: "PUB \(prefix).\(channel) \(ackInbox) ")
        self.fixedFields = StanWire.PubMsg(clientID: clientID, subject: channel, connectionID: connectionID).encoded()
    }

    /// How long the whole `PubMsg` is.
    func size(guid: String, data: ByteBuffer) -> Int {
        var size = self.fixedFields.readableBytes + 1 + Self.varintSize(guid.utf8.count) + guid.utf8.count
        if data.readableBytes > 0 { size += 1 + Self.varintSize(data.readableBytes) + data.readableBytes }
        return size
    }

    /// The PUB line and the message up to its data, which follows as it is.
    func writeHead(size: Int, guid: String, data: ByteBuffer, to buffer: inout ByteBuffer) {
        buffer.writeImmutableBuffer(self.line)
        buffer.writeDecimal(size)
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(self.fixedFields)
        buffer.writeField(2, guid)
        guard data.readableBytes > 0 else { return }
        buffer.writeVarint(5 << 3 | 2)
        buffer.writeVarint(UInt64(data.readableBytes))
    }

    private static func varintSize(_ value: Int) -> Int {
        max(1, (Int.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }
}
