import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: publish")
struct PublishTests {
    private static let invalid = "stan: invalid publish request"

    @Test("27 A message without guid is refused, with an ack without guid")
    func noGuid() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            var message = session.message(lab.name("foo"))
            message.guid = ""
            #expect(try await session.publish(raw: message.encoded()) == StanWire.PubAck(error: Self.invalid))
        }
    }

    @Test(
        "28 Channels that are not a subject without wildcards and slashes are refused",
        arguments: ["", ".a", "a.", "a..b", "*", "a.*", "a*b", ">", "a.>", "a>b", "a/b"]
    )
    func invalidChannel(_ channel: String) async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let message = session.message(channel)
            let ack = try await session.publish(raw: message.encoded())
            #expect(ack == StanWire.PubAck(guid: message.guid, error: Self.invalid))
        }
    }

    @Test("28 Blanks, colons, dollars and other letters are fine in a channel")
    func unusualChannel() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let channel = lab.name("a b:$\\ä")
            try await session.publish(to: channel)
            let sub = try await session.subscribe(channel)
            try await sub.expect(["1"])
            #expect(sub.received.items.first?.message.subject == channel)
        }
    }

    @Test("29 The channel is that of the message, not of the NATS subject")
    func channelOfMessage() async throws {
        try await withLab { lab in
            let (one, other) = (lab.name("one"), lab.name("other"))
            let session = try await lab.session()
            let subs = (try await session.subscribe(one), try await session.subscribe(other))
            let ack = try await session.publish(raw: session.message(one).encoded(), to: other)
            #expect(ack.error.isEmpty)
            try await subs.0.expect(["1"])
            #expect(subs.1.words.isEmpty)
        }
    }

    @Test("30 What is no message at all is refused, with an ack without guid")
    func garbage() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let ack = try await session.publish(raw: ByteBuffer(bytes: [0x0a, 0xff, 0x01]))
            #expect(ack == StanWire.PubAck(error: Self.invalid))
        }
    }

    @Test("31 The connection ID wins over the client ID; with neither a message is refused")
    func identity() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            var message = session.message(lab.name("foo"))
            message.clientID = "nobody"
            #expect(try await session.publish(message) == "")
            message.clientID = session.id
            message.connectionID = ByteBuffer(string: "nothing")
            #expect(try await session.publish(message) == Self.invalid)
            message.connectionID = ByteBuffer()
            #expect(try await session.publish(message) == "")
            message.clientID = ""
            #expect(try await session.publish(message) == Self.invalid)
        }
    }

    @Test("32 33 The first publish makes the channel and has sequence 1; a guid may come twice")
    func firstAndTwice() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let message = session.message(lab.name("foo"), "twice")
            for _ in 1...2 {
                #expect(try await session.publish(raw: message.encoded()) == StanWire.PubAck(guid: message.guid))
            }
            let sub = try await session.subscribe(message.subject)
            try await sub.expect(["1", "2"])
            #expect(sub.received.items.allSatisfy { String(buffer: $0.message.data) == "twice" })
        }
    }

    @Test("34 Who publishes and subscribes sees the message before its ack")
    func messageBeforeAck() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.maxInFlight = 100 }
            let seen = Mailbox<Int>()
            let reply = NUID.makeInbox()
            try await session.nats.run { connection in
                _ = connection.subscribe(reply, subscriber: NATSClosureSubscriber { _ in seen.append(sub.words.count) })
            }
            for _ in 1...20 {
                let message = session.message(channel).encoded()
                try await session.nats.publish(message, to: session.subjects.pubPrefix + ".x", reply: reply)
            }
            try await seen.wait(for: 20)
            #expect(zip(seen.items, 1...).allSatisfy { $0 >= $1 })
        }
    }

    @Test("35 A reply is passed on, there is no CRC, and timestamps are nanoseconds that do not decrease")
    func fields() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.maxInFlight = 100 }
            var message = session.message(channel, "data")
            message.reply = "answer.here"
            try await session.publish(message)
            try await session.publish(20, to: channel)
            let messages = try await sub.received.wait(for: 21).map(\.message)
            #expect(messages[0].reply == "answer.here")
            #expect(messages[1].reply.isEmpty)
            #expect(messages.allSatisfy { $0.crc32 == 0 })
            #expect(messages[0].timestamp > 1_600_000_000_000_000_000)
            #expect(zip(messages, messages.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
        }
    }

    @Test("36 Acks of one connection come in the order of its messages, and messages are stored in it")
    func order() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let acks = Mailbox<String>()
            let reply = NUID.makeInbox()
            let guids = (1...500).map { "guid-\($0)" }
            try await session.nats.run { connection in
                let subscriber = NATSClosureSubscriber { message in
                    if let ack = try? StanWire.PubAck(decoding: message.payload) { acks.append(ack.guid + ack.error) }
                }
                _ = connection.subscribe(reply, subscriber: subscriber)
                for guid in guids {
                    var message = session.message(channel, guid)
                    message.guid = guid
                    try connection.publish(message.encoded(), to: session.subjects.pubPrefix + ".x", reply: reply)
                }
            }
            try await acks.wait(for: 500)
            #expect(acks.items == guids)
            let sub = try await session.subscribe(channel) { $0.maxInFlight = 1000 }
            let stored = try await sub.received.wait(for: 500).map { String(buffer: $0.message.data) }
            #expect(stored == guids)
        }
    }

    @Test("37 A publish without reply subject is stored and not acked")
    func noReply() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel)
            try await session.nats.publish(session.message(channel).encoded(), to: session.subjects.pubPrefix + ".x")
            try await sub.expect(["1"])
        }
    }

    @Test("38 Beyond the limit of channels publish and subscribe are refused", .enabled(if: Lab.canConfigure))
    func tooManyChannels() async throws {
        try await withLab {
            $0.limits.maxChannels = 1
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(to: "foo")
            #expect(try await session.publish(session.message("bar")) == "too many channels")
            await #expect(throws: Refused(error: "too many channels")) { try await session.subscribe("bar") }
            try await session.publish(to: "foo")
        }
    }

    @Test("39 Beyond the limit of messages the oldest go", .enabled(if: Lab.canConfigure))
    func maxMessages() async throws {
        try await withLab {
            $0.limits.maxMessages = 3
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(5, to: "foo")
            try await session.subscribe("foo").expect(["3", "4", "5"])
        }
    }

    @Test("39 Beyond the limit of bytes the oldest go; one message alone is kept", .enabled(if: Lab.canConfigure))
    func maxBytes() async throws {
        try await withLab {
            $0.limits.maxBytes = 400
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(3, to: "foo", data: String(repeating: "x", count: 150))
            try await session.subscribe("foo").expect(["2", "3"])
            try await session.publish(to: "foo", data: String(repeating: "x", count: 1000))
            try await session.subscribe("foo").expect(["4"])
        }
    }

    @Test("Since 0.25 a channel whose name differs in case only is refused")
    func caseConflict() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let name = lab.name("Foo")
            try await session.publish(to: name)
            let lower = name.lowercased()
            let error = try await session.publish(session.message(lower))
            let refusal = "rejecting channel \"\(lower)\" because channel \"\(name)\" alreay exists (different cases not allowed)"
            #expect(Lab.isReal && error.isEmpty || error == refusal)
        }
    }
}
