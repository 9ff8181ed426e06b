import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Durables", .timeLimit(.minutes(3)))
struct DurableTests {
    @Test("A closed durable goes on where it was: what was not acked first and flagged, then what is new")
    func resume() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let durable = { (options: inout StanSubscriptionOptions) in options.durableName = "d" }
                let first = try await client.subscribe(to: channel, durable)
                try await client.publish(1...4, to: channel)
                for message in await first.take(4) where message.sequence == 2 { message.ack() }
                try await first.close()
                try await client.publish(5...6, to: channel)
                let second = try await client.subscribe(to: channel, durable)
                let messages = await second.take(5)
                #expect(messages.map(\.sequence) == [1, 3, 4, 5, 6])
                #expect(messages.map(\.redelivered) == [true, true, true, false, false])
            }
        }
    }

    @Test("It outlives its session, for the same client id")
    func nextSession() async throws {
        try await withStanServer { server in
            let id = server.uniqueName("me")
            let channel = server.uniqueName("foo")
            try await withStanClient(server, id: id) { client in
                let subscription = try await client.subscribe(to: channel) { $0.durableName = "d" }
                try await client.publish(1...3, to: channel)
                // Acks that are sent before the close count.
                for message in await subscription.take(3) where message.sequence != 2 { message.ack() }
            }
            try await withStanClient(server, id: id) { client in
                let subscription = try await client.subscribe(to: channel) { $0.durableName = "d" }
                try await client.publish(4...4, to: channel)
                #expect(await subscription.take(2).map(\.sequence) == [2, 4])
            }
        }
    }

    @Test("An unsubscribe forgets it: the same name begins anew")
    func unsubscribe() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let first = try await client.subscribe(to: channel) { $0.durableName = "d" }
                try await client.publish(1...3, to: channel)
                for message in await first.take(3) { message.ack() }
                try await first.unsubscribe()
                let second = try await client.subscribe(to: channel) { $0.durableName = "d" }
                #expect(await second.take(3).map(\.sequence) == [1, 2, 3])
            }
        }
    }

    @Test("The same durable twice is refused with the server's words")
    func twice() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                _ = try await client.subscribe(to: channel) { $0.durableName = "d" }
                await #expect(throws: StanError(.refused, "stan: duplicate durable registration")) {
                    try await client.subscribe(to: channel) { $0.durableName = "d" }
                }
            }
        }
    }

    @Test("A durable queue group is resumed by whoever comes next")
    func queueGroup() async throws {
        try await withStanServer { server in
            let channel = server.uniqueName("foo")
            let group = { (options: inout StanSubscriptionOptions) in
                options.durableName = "d"
                options.queueGroup = "g"
            }
            try await withStanClient(server) { client in
                let subscription = try await client.subscribe(to: channel, group)
                try await client.publish(1...3, to: channel)
                for message in await subscription.take(3) where message.sequence != 2 { message.ack() }
                try await subscription.close()
            }
            try await withStanClient(server) { client in
                let subscription = try await client.subscribe(to: channel, group)
                try await client.publish(4...4, to: channel)
                #expect(await subscription.take(2).map(\.sequence) == [2, 4])
            }
        }
    }
}
