import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Publish")
struct PublishTests {
    private static let invalid = "stan: invalid publish request"

    @Test("An empty guid is invalid, and the ack has none")
    func emptyGuid() {
        #expect(Self.bench().publish(guid: "") == ["acked : \(Self.invalid)"])
    }

    @Test(
        "A channel with wildcards, slashes, empty tokens, or no name is invalid",
        arguments: ["", ".", ".a", "a.", "a..b", "a*b", "a.>", ">", "*", "a/b"]
    )
    func invalidChannel(_ channel: String) {
        #expect(Self.bench().publish(channel, guid: "g") == ["acked g: \(Self.invalid)"])
    }

    @Test("Other odd channel names are accepted", arguments: ["a b", "a:b", "$a", "a\\b", "é", "a.b.c"])
    func oddChannel(_ channel: String) {
        #expect(Self.bench().publish(channel, guid: "g") == ["acked g"])
    }

    @Test("Garbage is acked with the error and no guid", arguments: ["\u{a}", "\u{12}\u{9}g", "\u{7}\u{7}"])
    func garbage(_ text: String) {
        #expect(Self.bench().publish(raw: ByteBuffer(string: text)) == ["acked : \(Self.invalid)"])
    }

    @Test("The connection ID counts before the client ID; one of them has to be known")
    func identity() {
        let bench = Self.bench()
        #expect(bench.publish(client: "nobody", connection: "c-me", guid: "g") == ["acked g"])
        #expect(bench.publish(client: "me", connection: "unknown", guid: "g") == ["acked g: \(Self.invalid)"])
        #expect(bench.publish(client: "me", connection: "", guid: "g") == ["acked g"])
        #expect(bench.publish(client: "", connection: "", guid: "g") == ["acked g: \(Self.invalid)"])
        #expect(bench.publish(client: "nobody", connection: "", guid: "g") == ["acked g: \(Self.invalid)"])
    }

    @Test("The first publish makes the channel, and its message has sequence 1")
    func firstPublish() {
        let bench = Self.bench()
        bench.publish("foo")
        bench.publish("bar")
        #expect(bench.subscribe("a", channel: "bar", start: .first) == ["subscribed", "a:1"])
    }

    @Test("The same guid twice makes two messages and two acks")
    func noDeduplication() {
        let bench = Self.bench()
        #expect(bench.publish(guid: "g") == ["acked g"])
        #expect(bench.publish(guid: "g") == ["acked g"])
        #expect(bench.subscribe("a", start: .first) == ["subscribed", "a:1", "a:2"])
    }

    @Test("Subscribers see the message before the publisher sees the ack")
    func deliveredBeforeAck() {
        let bench = Self.bench()
        bench.subscribe("a")
        bench.subscribe("b")
        bench.subscribe("c", queue: "q")
        #expect(bench.publish(guid: "g") == ["a:1", "b:1", "c:1", "acked g"])
    }

    @Test("A message arrives whole: channel, data, reply, timestamp, and no CRC")
    func content() throws {
        let bench = Self.bench()
        bench.subscribe("a")
        bench.publish("foo", "some data", reply: "answer.here")
        let message = try #require(bench.messages["a"]?.first)
        #expect(
            message
                == StanWire.MsgProto(
                    sequence: 1,
                    subject: "foo",
                    reply: "answer.here",
                    data: ByteBuffer(string: "some data"),
                    timestamp: bench.wallClock
                )
        )
    }

    @Test("The encoding is the one of the protocol's vectors")
    func vector() {
        let bench = ServerBench()
        bench.connect()
        bench.subscribe("a", ackWait: 1)
        bench.publish("foo", "hi")
        let first = "0801" + "1203666f6f" + "22026869" + "28808080c5ddf0959a16"
        #expect(bench.lastMessageHex("a") == first)
        _ = bench.advance(by: .seconds(2))
        #expect(bench.lastMessageHex("a") == first + "3001" + "3802")
    }

    @Test("Timestamps do not decrease when the clock goes back")
    func clockGoesBack() throws {
        let bench = Self.bench()
        bench.subscribe("a")
        bench.publish()
        bench.shiftWallClock(by: -5_000_000_000)
        bench.publish()
        let messages = try #require(bench.messages["a"])
        #expect(messages[1].timestamp == messages[0].timestamp)
    }

    @Test("A publish without reply is stored and not acked")
    func noReply() {
        let bench = Self.bench()
        bench.subscribe("a")
        let message = StanWire.PubMsg(clientID: "me", guid: "g", subject: "foo")
        #expect(bench.publish(raw: message.encoded(), hasReply: false) == ["a:1"])
    }

    @Test("Beyond the channel limit publish and subscribe are refused; known channels go on")
    func channelLimit() {
        let bench = Self.bench { $0.limits.maxChannels = 2 }
        bench.publish("one")
        bench.subscribe("a", channel: "two")
        #expect(bench.publish("three", guid: "g") == ["acked g: too many channels"])
        #expect(bench.subscribe("b", channel: "three") == ["too many channels"])
        #expect(bench.publish("one", guid: "g") == ["acked g"])
    }

    @Test("A channel whose name differs in case only is refused, with publish and with subscribe")
    func caseConflict() {
        let bench = Self.bench()
        bench.publish("Foo.Bar")
        let error = #"rejecting channel "foo.bar" because channel "Foo.Bar" alreay exists (different cases not allowed)"#
        #expect(bench.publish("foo.bar", guid: "g") == ["acked g: \(error)"])
        #expect(bench.subscribe("a", channel: "foo.bar") == [error])
    }

    @Test("max_msgs drops the oldest and never refuses the publish")
    func maxMessages() {
        let bench = Self.bench { $0.limits.maxMessages = 3 }
        bench.publish(count: 5)
        #expect(bench.subscribe("a", start: .first) == ["subscribed", "a:3", "a:4", "a:5"])
    }

    @Test("max_bytes drops the oldest, and keeps one message that alone is larger")
    func maxBytes() {
        let bench = Self.bench { $0.limits.maxBytes = 100 }
        bench.publish("foo", String(repeating: "x", count: 40))
        bench.publish("foo", String(repeating: "x", count: 40))
        #expect(bench.subscribe("a", start: .first) == ["subscribed", "a:2"])
        #expect(bench.publish("foo", String(repeating: "x", count: 400), guid: "g") == ["a:3", "acked g"])
        #expect(bench.subscribe("b", start: .first) == ["subscribed", "b:3"])
    }

    @Test("max_age removes messages when their time has come, not before")
    func maxAge() {
        let bench = Self.bench { $0.limits.maxAge = .seconds(10) }
        bench.publish()
        _ = bench.advance(by: .seconds(4))
        bench.publish()
        _ = bench.advance(by: .milliseconds(5999))
        #expect(bench.subscribe("a", start: .first) == ["subscribed", "a:1", "a:2"])
        _ = bench.advance(by: .milliseconds(1))
        #expect(bench.subscribe("b", start: .first) == ["subscribed", "b:2"])
        _ = bench.advance(by: .seconds(4))
        #expect(bench.subscribe("c", start: .first) == ["subscribed"])
    }

    private static func bench(_ configure: (inout StanServerOptions) -> Void = { _ in }) -> ServerBench {
        let bench = ServerBench(configure)
        bench.connect()
        return bench
    }
}

extension ServerBench {
    fileprivate func lastMessageHex(_ name: String) -> String? {
        self.rawMessages[name]?.last.map { $0.readableBytesView.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    }
}
