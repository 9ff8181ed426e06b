import FoundationEssentials
import NIOCore
import StanCore
import SwiftProtobuf
import TestSupport

/// A message of ours that can be made at random, with the same message as swift-protobuf has it.
protocol Paired: StanWireMessage, Equatable {
    associatedtype Reference: SwiftProtobuf.Message & Equatable

    static func random(_ generator: inout SeededGenerator) -> Self

    var reference: Reference { get }
}

extension SeededGenerator {
    /// Empty one time in three: default values are left out on the wire.
    mutating func string() -> String {
        let words = ["a", "foo.bar", "_INBOX.abcdefghijklmnopqrstuv", "é", "日本", "\u{0}\n\"", String(repeating: "x", count: 300)]
        return Bool.random(using: &self) || Bool.random(using: &self) ? words.randomElement(using: &self) ?? "" : ""
    }

    mutating func bytes() -> ByteBuffer {
        let count = Int(truncatingIfNeeded: self.next() & 0x1ff) * Int.random(in: 0...1, using: &self)
        return ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) })
    }

    mutating func int32() -> Int32 { Int32(truncatingIfNeeded: self.nextOfAnySize()) * Int32.random(in: 0...1, using: &self) }

    mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: self.nextOfAnySize()) * UInt32.random(in: 0...1, using: &self) }

    mutating func uint64() -> UInt64 { self.nextOfAnySize() * UInt64.random(in: 0...1, using: &self) }

    mutating func int64() -> Int64 { Int64(bitPattern: self.uint64()) }
}

extension ByteBuffer {
    var asData: Data { Data(self.readableBytesView) }
}

extension StanWire.ConnectRequest: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(
            clientID: generator.string(),
            heartbeatInbox: generator.string(),
            protocolVersion: generator.int32(),
            connectionID: generator.bytes(),
            pingInterval: generator.int32(),
            pingMaxOut: generator.int32()
        )
    }

    var reference: StanReference_ConnectRequest {
        .with {
            $0.clientID = self.clientID
            $0.heartbeatInbox = self.heartbeatInbox
            $0.`protocol` = self.protocolVersion
            $0.connID = self.connectionID.asData
            $0.pingInterval = self.pingInterval
            $0.pingMaxOut = self.pingMaxOut
        }
    }
}

extension StanWire.ConnectResponse: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        var response = Self()
        response.pubPrefix = generator.string()
        response.subRequests = generator.string()
        response.unsubRequests = generator.string()
        response.closeRequests = generator.string()
        response.error = generator.string()
        response.subCloseRequests = generator.string()
        response.pingRequests = generator.string()
        response.pingInterval = generator.int32()
        response.pingMaxOut = generator.int32()
        response.protocolVersion = generator.int32()
        return response
    }

    var reference: StanReference_ConnectResponse {
        .with {
            $0.pubPrefix = self.pubPrefix
            $0.subRequests = self.subRequests
            $0.unsubRequests = self.unsubRequests
            $0.closeRequests = self.closeRequests
            $0.error = self.error
            $0.subCloseRequests = self.subCloseRequests
            $0.pingRequests = self.pingRequests
            $0.pingInterval = self.pingInterval
            $0.pingMaxOut = self.pingMaxOut
            $0.`protocol` = self.protocolVersion
        }
    }
}

extension StanWire.PubMsg: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(
            clientID: generator.string(),
            guid: generator.string(),
            subject: generator.string(),
            reply: generator.string(),
            data: generator.bytes(),
            connectionID: generator.bytes(),
            sha256: generator.bytes()
        )
    }

    var reference: StanReference_PubMsg {
        .with {
            $0.clientID = self.clientID
            $0.guid = self.guid
            $0.subject = self.subject
            $0.reply = self.reply
            $0.data = self.data.asData
            $0.connID = self.connectionID.asData
            $0.sha256 = self.sha256.asData
        }
    }
}

extension StanWire.PubAck: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(guid: generator.string(), error: generator.string())
    }

    var reference: StanReference_PubAck {
        .with {
            $0.guid = self.guid
            $0.error = self.error
        }
    }
}

extension StanWire.MsgProto: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(
            sequence: generator.uint64(),
            subject: generator.string(),
            reply: generator.string(),
            data: generator.bytes(),
            timestamp: generator.int64(),
            redelivered: Bool.random(using: &generator),
            redeliveryCount: generator.uint32(),
            crc32: generator.uint32()
        )
    }

    var reference: StanReference_MsgProto {
        .with {
            $0.sequence = self.sequence
            $0.subject = self.subject
            $0.reply = self.reply
            $0.data = self.data.asData
            $0.timestamp = self.timestamp
            $0.redelivered = self.redelivered
            $0.redeliveryCount = self.redeliveryCount
            $0.crc32 = self.crc32
        }
    }
}

extension StanWire.Ack: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(subject: generator.string(), sequence: generator.uint64())
    }

    var reference: StanReference_Ack {
        .with {
            $0.subject = self.subject
            $0.sequence = self.sequence
        }
    }
}

extension StanWire.SubscriptionRequest: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(
            clientID: generator.string(),
            subject: generator.string(),
            queueGroup: generator.string(),
            inbox: generator.string(),
            maxInFlight: generator.int32(),
            ackWaitInSecs: generator.int32(),
            durableName: generator.string(),
            startPosition: generator.int32(),
            startSequence: generator.uint64(),
            startTimeDelta: generator.int64()
        )
    }

    var reference: StanReference_SubscriptionRequest {
        .with {
            $0.clientID = self.clientID
            $0.subject = self.subject
            $0.queueGroup = self.queueGroup
            $0.inbox = self.inbox
            $0.maxInFlight = self.maxInFlight
            $0.ackWaitInSecs = self.ackWaitInSecs
            $0.durableName = self.durableName
            $0.startPosition = StanReference_StartPosition(rawValue: Int(self.startPosition)) ?? .newOnly
            $0.startSequence = self.startSequence
            $0.startTimeDelta = self.startTimeDelta
        }
    }
}

extension StanWire.SubscriptionResponse: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(ackInbox: generator.string(), error: generator.string())
    }

    var reference: StanReference_SubscriptionResponse {
        .with {
            $0.ackInbox = self.ackInbox
            $0.error = self.error
        }
    }
}

extension StanWire.UnsubscribeRequest: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self {
        Self(
            clientID: generator.string(),
            subject: generator.string(),
            inbox: generator.string(),
            durableName: generator.string()
        )
    }

    var reference: StanReference_UnsubscribeRequest {
        .with {
            $0.clientID = self.clientID
            $0.subject = self.subject
            $0.inbox = self.inbox
            $0.durableName = self.durableName
        }
    }
}

extension StanWire.CloseRequest: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self { Self(clientID: generator.string()) }

    var reference: StanReference_CloseRequest { .with { $0.clientID = self.clientID } }
}

extension StanWire.CloseResponse: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self { Self(error: generator.string()) }

    var reference: StanReference_CloseResponse { .with { $0.error = self.error } }
}

extension StanWire.Ping: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self { Self(connectionID: generator.bytes()) }

    var reference: StanReference_Ping { .with { $0.connID = self.connectionID.asData } }
}

extension StanWire.PingResponse: Paired {
    static func random(_ generator: inout SeededGenerator) -> Self { Self(error: generator.string()) }

    var reference: StanReference_PingResponse { .with { $0.error = self.error } }
}
