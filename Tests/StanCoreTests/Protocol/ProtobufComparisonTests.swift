import NIOCore
import SwiftProtobuf
import TestSupport
import Testing

@testable import StanCore

@Suite("Our protobuf and swift-protobuf")
struct ProtobufComparisonTests {
    @Test("Random messages of every kind are written and read alike", arguments: [1, 2, 3] as [UInt64])
    func everyMessage(_ seed: UInt64) throws {
        let kinds: [any Paired.Type] = [
            StanWire.ConnectRequest.self, StanWire.ConnectResponse.self, StanWire.PubMsg.self, StanWire.PubAck.self,
            StanWire.MsgProto.self, StanWire.Ack.self, StanWire.SubscriptionRequest.self, StanWire.SubscriptionResponse.self,
            StanWire.UnsubscribeRequest.self, StanWire.CloseRequest.self, StanWire.CloseResponse.self, StanWire.Ping.self,
            StanWire.PingResponse.self,
        ]
        var generator = SeededGenerator(seed: seed)
        for kind in kinds {
            for run in 0..<300 where try !self.agree(kind, &generator) { Issue.record("\(kind) run \(run) of seed \(seed)") }
        }
    }

    private func agree<Message: Paired>(_ kind: Message.Type, _ generator: inout SeededGenerator) throws -> Bool {
        let message = Message.random(&generator)
        let reference = message.reference
        let expected: [UInt8] = try reference.serializedBytes()
        let encoded = Array(message.encoded().readableBytesView)
        guard encoded == expected, try Message(decoding: ByteBuffer(bytes: expected)) == message else { return false }
        return try Message.Reference(serializedBytes: encoded) == reference
    }

    @Test(
        "Damaged messages: the frame, the reader and swift-protobuf make the same of them",
        .serialized,
        arguments: 0..<4 as Range<UInt64>
    )
    func fuzz(_ seed: UInt64) async {
        var generator = SeededGenerator(seed: seed)
        var readable = 0
        for run in 0..<25_000 {
            // The tests that wait for sockets share the threads.
            if run % 500 == 0 { await Task.yield() }
            var message = StanWire.MsgProto.random(&generator)
            // Short, so that the damage is more often in a tag or a length than in the data.
            message.data = ByteBuffer(integer: UInt32(run))
            var bytes = Array(message.encoded().readableBytesView)
            generator.mutate(&bytes)
            let buffer = ByteBuffer(bytes: bytes)
            let frame = Self.result { try DecodedMessage(frame: buffer) }
            let reader = Self.result { DecodedMessage(try StanWire.MsgProto(decoding: buffer)) }
            if frame != reader { Issue.record("seed \(seed) run \(run): frame and reader differ on \(bytes)") }
            guard let reference = try? DecodedMessage(StanReference_MsgProto(serializedBytes: bytes)) else { continue }
            switch frame {
            case .success(let decoded):
                readable += 1
                if decoded != reference { Issue.record("seed \(seed) run \(run): swift-protobuf differs on \(bytes)") }
            case .failure(.invalidTag(let tag)) where tag & 7 == 3:
                // Groups, which no message of STAN has and no proto3 message can have.
                break
            case .failure(let error):
                Issue.record("seed \(seed) run \(run): \(error) for bytes that swift-protobuf reads: \(bytes)")
            }
        }
        #expect(readable > 1000)
    }

    private static func result(_ body: () throws -> DecodedMessage) -> Result<DecodedMessage, ProtobufError> {
        Result { try body() }.mapError { $0 as? ProtobufError ?? .truncated }
    }
}
