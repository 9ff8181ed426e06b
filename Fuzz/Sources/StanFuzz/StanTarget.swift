import NIOCore
import StanCore

/// STAN messages of every kind: refused, or read in a way that writing and reading again does not change.
enum StanTarget: FuzzTarget {
    static let seeds: [[UInt8]] = {
        var connect = StanWire.ConnectResponse()
        connect.pubPrefix = "_STAN.pub"
        connect.subRequests = "_STAN.sub"
        connect.closeRequests = "_STAN.close"
        connect.pingRequests = "_STAN.ping"
        connect.pingInterval = 5
        connect.pingMaxOut = 3
        connect.protocolVersion = 1
        var message = StanWire.MsgProto()
        message.sequence = 300
        message.subject = "foo"
        message.data = ByteBuffer(string: "hello")
        message.timestamp = 1_700_000_000_000_000_000
        message.redelivered = true
        message.redeliveryCount = 2
        var subscribe = StanWire.SubscriptionRequest()
        subscribe.clientID = "me"
        subscribe.subject = "foo"
        subscribe.inbox = "_INBOX.a"
        subscribe.durableName = "d"
        subscribe.maxInFlight = 1024
        subscribe.ackWaitInSecs = 30
        subscribe.startPosition = 4
        let messages: [ByteBuffer] = [
            connect.encoded(), message.encoded(), subscribe.encoded(),
            StanWire.PubAck(guid: "guid", error: "stan: no").encoded(),
            StanWire.SubscriptionResponse(ackInbox: "_INBOX.ack").encoded(),
            StanWire.PubMsg(clientID: "me", subject: "foo", connectionID: ByteBuffer(string: "id")).encoded(),
        ]
        return messages.map { Array($0.readableBytesView) }
    }()

    static func run(_ bytes: [UInt8]) {
        let buffer = ByteBuffer(bytes: bytes)
        Self.check(StanWire.ConnectRequest.self, buffer)
        Self.check(StanWire.ConnectResponse.self, buffer)
        Self.check(StanWire.PubMsg.self, buffer)
        Self.check(StanWire.PubAck.self, buffer)
        Self.check(StanWire.Ack.self, buffer)
        Self.check(StanWire.SubscriptionRequest.self, buffer)
        Self.check(StanWire.SubscriptionResponse.self, buffer)
        Self.check(StanWire.UnsubscribeRequest.self, buffer)
        Self.check(StanWire.CloseRequest.self, buffer)
        Self.check(StanWire.CloseResponse.self, buffer)
        Self.check(StanWire.Ping.self, buffer)
        Self.check(StanWire.PingResponse.self, buffer)
        let message = Self.check(StanWire.MsgProto.self, buffer)
        let frame = bytes.withUnsafeBytes { try? StanWire.MessageFrame(decoding: $0) }
        precondition((message == nil) == (frame == nil), "the frame and the reader differ in what they take")
        guard let message, let frame else { return }
        precondition(frame.dataStart >= 0 && frame.dataLength >= 0 && frame.dataStart + frame.dataLength <= bytes.count)
        let data = bytes[frame.dataStart..<frame.dataStart + frame.dataLength]
        precondition(
            frame.sequence == message.sequence && frame.timestamp == message.timestamp
                && frame.redelivered == message.redelivered && frame.redeliveryCount == message.redeliveryCount
                && data.elementsEqual(message.data.readableBytesView),
            "the frame and the reader differ in what they read"
        )
    }

    @discardableResult
    private static func check<Message: StanWireMessage & Equatable>(_ kind: Message.Type, _ buffer: ByteBuffer) -> Message? {
        guard let message = try? Message(decoding: buffer) else { return nil }
        guard let again = try? Message(decoding: message.encoded()) else { fatalError("\(kind) cannot be read again") }
        precondition(again == message, "\(kind) changes when it is written")
        return message
    }
}
