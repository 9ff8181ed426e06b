import Testing

@testable import stan_bridged

/// What is made of the answers of the server's monitoring.
@Suite("Channel lag")
struct ChannelLagTests {
    private static func channel(first: Int = 1, last: Int = 100, _ subscriptions: String...) throws -> ChannelLag {
        let list = subscriptions.isEmpty ? "" : #", "subscriptions": [\#(subscriptions.joined(separator: ","))]"#
        let text = #"""
            {"name": "c", "msgs": 100, "bytes": 1, "first_seq": \#(first), "last_seq": \#(last), "subs_count": 1\#(list)}
            """#
        return try ChannelLag(json: Array(text.utf8))
    }

    private static func subscription(
        client: String = "bridge",
        inbox: String = "i",
        _ names: String = "",
        lastSent: Int,
        pending: Int
    ) -> String {
        #"""
        {"client_id": "\#(client)", "inbox": "\#(inbox)", "ack_inbox": "a"\#(names), "is_durable": true, "is_offline": false,
         "max_inflight": 9, "ack_wait": 30, "last_sent": \#(lastSent), "pending_count": \#(pending), "is_stalled": false}
        """#
    }

    @Test("a durable's is what it was not sent yet and what it has not acked; others of its name or client are not counted")
    func durable() throws {
        let channel = try Self.channel(
            Self.subscription(#", "durable_name": "d""#, lastSent: 70, pending: 4),
            Self.subscription(client: "other", #", "durable_name": "d""#, lastSent: 10, pending: 9),
            Self.subscription(#", "durable_name": "e""#, lastSent: 10, pending: 9),
            Self.subscription(#", "durable_name": "d", "queue_name": "d:workers""#, lastSent: 10, pending: 9)
        )
        #expect(channel.behind(.init(clientID: "bridge", durableName: "d", inbox: "another, for it is offline")) == 34)
        #expect(channel.behind(.init(clientID: "bridge", durableName: "f")) == nil)
    }

    @Test("one without a name is found by its inbox")
    func plain() throws {
        let channel = try Self.channel(
            Self.subscription(inbox: "x", lastSent: 100, pending: 1),
            Self.subscription(inbox: "y", lastSent: 90, pending: 2)
        )
        #expect(channel.behind(.init(clientID: "bridge", inbox: "y")) == 12)
        #expect(channel.behind(.init(clientID: "bridge", inbox: nil)) == nil)
    }

    @Test("a queue group's is that of all members, whoever they are")
    func queue() throws {
        let channel = try Self.channel(
            Self.subscription(#", "queue_name": "d:workers""#, lastSent: 80, pending: 3),
            Self.subscription(client: "other", #", "queue_name": "d:workers""#, lastSent: 95, pending: 4),
            Self.subscription(client: "other", #", "queue_name": "workers""#, lastSent: 50, pending: 1)
        )
        #expect(channel.behind(.init(clientID: "bridge", durableName: "d", queueGroup: "workers")) == 12)
        #expect(channel.behind(.init(clientID: "bridge", queueGroup: "workers")) == 51)
    }

    @Test("what the channel has let go of is not waited for, and there is never less than nothing")
    func limits() throws {
        let behind = try Self.channel(first: 90, Self.subscription(#", "durable_name": "d""#, lastSent: 10, pending: 0))
        #expect(behind.behind(.init(clientID: "bridge", durableName: "d")) == 11)
        let ahead = try Self.channel(first: 0, last: 0, Self.subscription(#", "durable_name": "d""#, lastSent: 7, pending: 0))
        #expect(ahead.behind(.init(clientID: "bridge", durableName: "d")) == 0)
    }

    @Test("a channel without subscriptions has no lag, and what is something else is told")
    func others() throws {
        #expect(try Self.channel().behind(.init(clientID: "bridge", inbox: "i")) == nil)
        for text in ["", "{}", "[]", #"{"first_seq": -1, "last_seq": 2}"#, #"{"first_seq": 1, "last_seq": 1e30}"#, "<html>"] {
            #expect(throws: (any Error).self, "\(text)") { try ChannelLag(json: Array(text.utf8)) }
        }
    }

    @Test("numbers that are too large to add up are the largest there is")
    func hostile() throws {
        let one = #"""
            {"client_id": "b", "inbox": "i", "queue_name": "q", "last_sent": 0, "pending_count": 18446744073709551615}
            """#
        let channel = try ChannelLag(json: Array(#"{"first_seq": 0, "last_seq": 9, "subscriptions": [\#(one), \#(one)]}"#.utf8))
        #expect(channel.behind(.init(clientID: "b", queueGroup: "q")) == .max)
    }
}
