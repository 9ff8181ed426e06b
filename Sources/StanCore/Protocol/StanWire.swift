package import NIOCore

/// The messages that STAN clients and servers exchange, protocol version 1, as protobuf puts them on the wire.
///
/// The field numbers are those of the `pb.proto` that the public STAN clients share. No message has a required field, and
/// one whose fields are all default is no bytes at all: an empty answer to a close, an unsubscribe or a ping is a success.
package enum StanWire {
    /// Where a new subscription begins to read.
    package enum StartPosition: Int32, Sendable {
        case newOnly = 0
        case lastReceived = 1
        case timeDeltaStart = 2
        case sequenceStart = 3
        case first = 4
    }
}

/// A message that can be read from and written to bytes.
package protocol StanWireMessage {
    init()

    /// Takes over one field that was read; one it does not know is passed over.
    mutating func take(_ field: ProtobufReader.Field)

    func write(to buffer: inout ByteBuffer)
}

extension StanWireMessage {
    package init(decoding buffer: ByteBuffer) throws(ProtobufError) {
        self.init()
        var reader = ProtobufReader(buffer)
        while let field = try reader.next() { self.take(field) }
    }

    package func encoded() -> ByteBuffer {
        var buffer = ByteBuffer()
        self.write(to: &buffer)
        return buffer
    }
}
