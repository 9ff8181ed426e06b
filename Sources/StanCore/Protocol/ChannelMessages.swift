package import NIOCore

extension StanWire {
    /// A message to store: sent to `<pub prefix>.<channel>`.
    package struct PubMsg: StanWireMessage, Sendable, Equatable {
        package var clientID: String = ""
        /// Comes back in the ``PubAck``; the server does not look for repeats by it.
        package var guid: String = ""
        /// The channel; this field counts, not the subject that carried it.
        package var subject: String = ""
        package var reply: String = ""
        package var data: ByteBuffer = ByteBuffer()
        package var connectionID: ByteBuffer = ByteBuffer()
        /// Not looked at by any server.
        package var sha256: ByteBuffer = ByteBuffer()

        package init() {}

        package init(
            clientID: String = "",
            guid: String = "",
            subject: String = "",
            reply: String = "",
            data: ByteBuffer = ByteBuffer(),
            connectionID: ByteBuffer = ByteBuffer(),
            sha256: ByteBuffer = ByteBuffer()
        ) {
            self.clientID = clientID
            self.guid = guid
            self.subject = subject
            self.reply = reply
            self.data = data
            self.connectionID = connectionID
            self.sha256 = sha256
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.clientID = field.value.string ?? self.clientID
            case 2: self.guid = field.value.string ?? self.guid
            case 3: self.subject = field.value.string ?? self.subject
            case 4: self.reply = field.value.string ?? self.reply
            case 5: self.data = field.value.bytes ?? self.data
            case 6: self.connectionID = field.value.bytes ?? self.connectionID
            case 10: self.sha256 = field.value.bytes ?? self.sha256
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.clientID)
            buffer.writeField(2, self.guid)
            buffer.writeField(3, self.subject)
            buffer.writeField(4, self.reply)
            buffer.writeField(5, self.data)
            buffer.writeField(6, self.connectionID)
            buffer.writeField(10, self.sha256)
        }
    }

    /// The server's answer to a ``PubMsg``.
    package struct PubAck: StanWireMessage, Sendable, Equatable {
        package var guid: String = ""
        /// Empty when the message is stored.
        package var error: String = ""

        package init() {}

        package init(
            guid: String = "",
            error: String = ""
        ) {
            self.guid = guid
            self.error = error
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.guid = field.value.string ?? self.guid
            case 2: self.error = field.value.string ?? self.error
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.guid)
            buffer.writeField(2, self.error)
        }
    }

    /// A message on its way to a subscriber. The hot path decodes it with ``StanWire/MessageFrame`` instead.
    package struct MsgProto: StanWireMessage, Sendable, Equatable {
        /// From 1 in each channel.
        package var sequence: UInt64 = 0
        /// The channel.
        package var subject: String = ""
        package var reply: String = ""
        package var data: ByteBuffer = ByteBuffer()
        /// When the server stored it: nanoseconds since the Unix epoch.
        package var timestamp: Int64 = 0
        /// The server tried to send it before.
        package var redelivered: Bool = false
        /// How often, as far as this run of the server knows.
        package var redeliveryCount: UInt32 = 0
        /// Never set by any known server.
        package var crc32: UInt32 = 0

        package init() {}

        package init(
            sequence: UInt64 = 0,
            subject: String = "",
            reply: String = "",
            data: ByteBuffer = ByteBuffer(),
            timestamp: Int64 = 0,
            redelivered: Bool = false,
            redeliveryCount: UInt32 = 0,
            crc32: UInt32 = 0
        ) {
            self.sequence = sequence
            self.subject = subject
            self.reply = reply
            self.data = data
            self.timestamp = timestamp
            self.redelivered = redelivered
            self.redeliveryCount = redeliveryCount
            self.crc32 = crc32
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.sequence = field.value.uint64 ?? self.sequence
            case 2: self.subject = field.value.string ?? self.subject
            case 3: self.reply = field.value.string ?? self.reply
            case 4: self.data = field.value.bytes ?? self.data
            case 5: self.timestamp = field.value.int64 ?? self.timestamp
            case 6: self.redelivered = field.value.bool ?? self.redelivered
            case 7: self.redeliveryCount = field.value.uint32 ?? self.redeliveryCount
            case 10: self.crc32 = field.value.uint32 ?? self.crc32
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.sequence)
            buffer.writeField(2, self.subject)
            buffer.writeField(3, self.reply)
            buffer.writeField(4, self.data)
            buffer.writeField(5, self.timestamp)
            buffer.writeField(6, self.redelivered)
            buffer.writeField(7, self.redeliveryCount)
            buffer.writeField(10, self.crc32)
        }
    }

    /// A subscriber has taken a message: sent to the subscription's ack inbox. There is no answer.
    package struct Ack: StanWireMessage, Sendable, Equatable {
        /// The channel.
        package var subject: String = ""
        package var sequence: UInt64 = 0

        package init() {}

        package init(
            subject: String = "",
            sequence: UInt64 = 0
        ) {
            self.subject = subject
            self.sequence = sequence
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.subject = field.value.string ?? self.subject
            case 2: self.sequence = field.value.uint64 ?? self.sequence
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.subject)
            buffer.writeField(2, self.sequence)
        }
    }
}
