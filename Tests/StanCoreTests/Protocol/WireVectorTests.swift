import NIOCore
import Testing

@testable import StanCore

@Suite("STAN messages as other clients and servers write them")
struct WireVectorTests {
    private func check<Message: StanWireMessage & Equatable>(_ message: Message, _ hex: String) throws {
        let bytes = try Hex.bytes(hex)
        #expect(message.encoded() == bytes)
        #expect(try Message(decoding: bytes) == message)
    }

    @Test("Session")
    func session() throws {
        try self.check(
            StanWire.ConnectRequest(
                clientID: "me",
                heartbeatInbox: "_INBOX.hb",
                protocolVersion: 1,
                connectionID: ByteBuffer(string: "c1"),
                pingInterval: 5,
                pingMaxOut: 88
            ),
            "0a026d65 12095f494e424f582e6862 1801 22026331 2805 3058"
        )
        try self.check(StanWire.Ping(connectionID: ByteBuffer(string: "c1")), "0a026331")
    }

    @Test("Messages of a channel")
    func channel() throws {
        try self.check(
            StanWire.PubMsg(
                clientID: "me",
                guid: "g1",
                subject: "foo",
                data: ByteBuffer(string: "hi"),
                connectionID: ByteBuffer(string: "c1")
            ),
            "0a026d65 12026731 1a03666f6f 2a026869 32026331"
        )
        try self.check(StanWire.PubAck(guid: "g1"), "0a026731")
        var message = StanWire.MsgProto(
            sequence: 1,
            subject: "foo",
            data: ByteBuffer(string: "hi"),
            timestamp: 1_600_000_000_000_000_000
        )
        try self.check(message, "0801 1203666f6f 22026869 28808080c5ddf0959a16")
        message.sequence = 300
        message.redelivered = true
        message.redeliveryCount = 2
        try self.check(message, "08ac02 1203666f6f 22026869 28808080c5ddf0959a16 3001 3802")
        try self.check(StanWire.Ack(subject: "foo", sequence: 300), "0a03666f6f 10ac02")
    }

    @Test("Subscriptions")
    func subscriptions() throws {
        try self.check(
            StanWire.SubscriptionRequest(
                clientID: "me",
                subject: "foo",
                inbox: "_INBOX.s",
                maxInFlight: 1024,
                ackWaitInSecs: 30,
                durableName: "d",
                startPosition: StanWire.StartPosition.first.rawValue
            ),
            "0a026d65 1203666f6f 22085f494e424f582e73 288008 301e 3a0164 5004"
        )
        try self.check(StanWire.SubscriptionResponse(ackInbox: "_INBOX.a"), "12085f494e424f582e61")
        try self.check(
            StanWire.UnsubscribeRequest(clientID: "me", subject: "foo", inbox: "_INBOX.a"),
            "0a026d65 1203666f6f 1a085f494e424f582e61"
        )
        try self.check(
            StanWire.SubscriptionRequest(
                startPosition: StanWire.StartPosition.timeDeltaStart.rawValue,
                startTimeDelta: -1
            ),
            "5002 60ffffffffffffffffff01"
        )
    }

    @Test("A message whose fields are all default is no bytes at all")
    func empty() throws {
        try self.check(StanWire.CloseResponse(), "")
        try self.check(StanWire.PingResponse(), "")
        try self.check(StanWire.SubscriptionResponse(), "")
        try self.check(StanWire.MsgProto(), "")
    }

    @Test(
        "Bytes that are no protobuf are refused by the reader and the frame alike",
        arguments: [
            ("08", .truncated), ("0a05616263", .truncated), ("0d000000", .truncated), ("0900000000000000", .truncated),
            ("80", .truncated), ("ffffffffffffffffffff01", .varintTooLong), ("08ffffffffffffffffffff01", .varintTooLong),
            ("00", .invalidTag(0)), ("0b", .invalidTag(11)), ("0c", .invalidTag(12)), ("0e", .invalidTag(14)),
            ("8080808010", .invalidTag(1 << 32)), ("22ffffffffffffffffff01", .truncated),
        ] as [(String, ProtobufError)]
    )
    func bad(_ hex: String, _ error: ProtobufError) throws {
        let bytes = try Hex.bytes(hex)
        #expect(throws: error) { try StanWire.MsgProto(decoding: bytes) }
        #expect(throws: error) { try bytes.withUnsafeReadableBytes { try StanWire.MessageFrame(decoding: $0) } }
    }

    @Test("Unknown fields of every wire type are passed over, and the last of repeated fields counts")
    func unknownFields() throws {
        let unknown = "f80105 f90108090a0b0c0d0e0f fa0103616263 fd0101020304"
        let bytes = try Hex.bytes("\(unknown) 0801 \(unknown) 22026869 \(unknown) 0802 \(unknown)")
        let expected = StanWire.MsgProto(sequence: 2, data: ByteBuffer(string: "hi"))
        #expect(try StanWire.MsgProto(decoding: bytes) == expected)
        #expect(try DecodedMessage(frame: bytes) == DecodedMessage(expected))
    }

    @Test("A known field with another wire type counts as unknown")
    func otherWireType() throws {
        let bytes = try Hex.bytes("0a0178 1005 2007 2a0178")
        #expect(try StanWire.MsgProto(decoding: bytes) == StanWire.MsgProto())
        #expect(try DecodedMessage(frame: bytes) == DecodedMessage(StanWire.MsgProto()))
    }
}

enum Hex {
    struct BadDigit: Error {}

    static func bytes(_ text: String) throws -> ByteBuffer {
        let digits = Array(text.filter { $0 != " " })
        var buffer = ByteBuffer()
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(digits[index..<index + 2]), radix: 16) else { throw BadDigit() }
            buffer.writeInteger(byte)
        }
        return buffer
    }
}
