import NIOCore

/// Writes the messages that a session publishes to one channel. All is fixed but the number in the guid, the data and the sizes.
///
/// Protobuf does not mind the order of fields, so what is fixed stands together, before the guid and the data. A class: it is asked
/// for with every message, and a reference is the cheapest to hand out.
final class PublishTemplate {
    /// `PUB <subject> <reply> `
    private let line: [UInt8]

    /// Client id, channel and connection id, encoded.
    private let fixedFields: [UInt8]

    /// What all guids begin with.
    private let guidPrefix: [UInt8]

    init(channel: String, prefix: String, ackInbox: String, clientID: String, connectionID: ByteBuffer, guidPrefix: [UInt8]) {
        self.line = Array("PUB \(prefix).\(channel) \(ackInbox) ".utf8)
        self.fixedFields = Array(
            StanWire.PubMsg(clientID: clientID, subject: channel, connectionID: connectionID).encoded().readableBytesView
        )
        self.guidPrefix = guidPrefix
    }

    /// How long the whole `PubMsg` is.
    func size(number: UInt64, dataLength: Int) -> Int {
        let guidLength = self.guidPrefix.count + RawWriter.decimalLength(number)
        var size = self.fixedFields.count + 1 + RawWriter.varintLength(UInt64(guidLength)) + guidLength
        if dataLength > 0 { size += 1 + RawWriter.varintLength(UInt64(dataLength)) + dataLength }
        return size
    }

    /// The PUB line and the message up to its data, which follows as it is.
    func writeHead(size: Int, number: UInt64, dataLength: Int, to buffer: inout ByteBuffer) {
        // Room for the longest numbers, and one write: a buffer's own writes check and count each time.
        let room = self.line.count + self.fixedFields.count + self.guidPrefix.count + 4 * 20
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { bytes in
            var writer = RawWriter(bytes)
            writer.write(self.line)
            writer.writeDecimal(UInt64(size))
            writer.write(UInt8(ascii: "\r"))
            writer.write(UInt8(ascii: "\n"))
            writer.write(self.fixedFields)
            writer.write(2 << 3 | 2)
            writer.writeVarint(UInt64(self.guidPrefix.count + RawWriter.decimalLength(number)))
            writer.write(self.guidPrefix)
            writer.writeDecimal(number)
            if dataLength > 0 {
                writer.write(5 << 3 | 2)
                writer.writeVarint(UInt64(dataLength))
            }
            return writer.count
        }
    }
}
