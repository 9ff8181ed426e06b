import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Subscribing", .timeLimit(.minutes(3)))
struct SubscribeTests {
    @Test(
        "Each start position begins where it should, of five messages and a sixth that comes later",
        arguments: [
            (.newOnly, 6), (.lastReceived, 5), (.first, 1), (.sequence(3), 3), (.sequence(0), 1), (.sequence(100), 6),
            (.ago(.hours(1)), 1), (.ago(.zero), 6), (.time(0), 1), (.time(.min), 1), (.time(.max), 6),
        ] as [(StanSubscriptionOptions.Start, UInt64)]
    )
    func start(_ start: StanSubscriptionOptions.Start, _ first: UInt64) async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                try await client.publish(1...5, to: channel)
                let subscription = try await client.subscribe(to: channel) { $0.start = start }
                try await client.publish(6...6, to: channel)
                #expect(await subscription.take(Int(7 - first)).map(\.sequence) == Array(first...6))
            }
        }
    }

    @Test("121 A thousand stored messages that come right behind the answer are not lost, for ten subscribers at once")
    func behindTheAnswer() async throws {
        try await withStanServer { server in
            try await withSession(server) { session in
                let channel = server.uniqueName("foo")
                let acks = try await session.run { session in
                    (1...1000).map { session.publish(ByteBuffer(string: "\($0)"), to: channel) }
                }
                for ack in acks { try await ack.get() }
                var all: [RecordedSubscription] = []
                for _ in 0..<10 { all.append(try await session.subscribe(to: channel) { $0.start = .first }) }
                for subscription in all {
                    try await eventually("all have come") { subscription.sequences.count == 1000 }
                    #expect(subscription.sequences == Array(1...1000))
                    #expect(subscription.messages.allSatisfy { !$0.redelivered })
                }
            }
        }
    }

    @Test("No more than max in flight come unacked; each ack lets one more through")
    func maxInFlight() async throws {
        try await withStanServer { server in
            try await withSession(server) { session in
                let channel = server.uniqueName("foo")
                let received = try await session.subscribe(to: channel) { $0.maxInFlight = 3 }
                for number in 1...10 { try await session.publish("\(number)", to: channel) }
                try await eventually("three have come") { received.sequences.count >= 3 }
                // The answer to a later publish would come behind a fourth.
                try await session.publish("x", to: server.uniqueName("other"))
                #expect(received.sequences == [1, 2, 3])
                for count in 4...10 {
                    #expect(try await received.ack(UInt64(count - 3)))
                    try await eventually("one more has come") { received.sequences.count >= count }
                    try await session.publish("x", to: server.uniqueName("other"))
                    #expect(received.sequences == Array(1...UInt64(count)))
                }
            }
        }
    }

    @Test("An ack stops redelivery; what is not acked comes again, and says so")
    func redelivery() async throws {
        try await withStanServer { server in
            try await withSession(server) { session in
                let channel = server.uniqueName("foo")
                let received = try await session.subscribe(to: channel) { $0.ackWait = .seconds(1) }
                try await session.publish("1", to: channel)
                try await session.publish("2", to: channel)
                try await eventually("both have come") { Set(received.sequences) == [1, 2] }
                #expect(try await received.ack(1))
                // A copy of the first may have been under way; on a busy machine even the ack wait may have passed before.
                let known = received.sequences.count { $0 == 1 } + 1
                let start = received.sequences.count { $0 == 2 }
                try await eventually("the second has come two more times") { received.sequences.count { $0 == 2 } >= start + 2 }
                #expect(received.sequences.count { $0 == 1 } <= known)
                let copies = received.messages.filter { $0.sequence == 2 }
                #expect(copies.map(\.redelivered) == copies.indices.map { $0 > 0 })
                #expect(copies.map(\.redeliveryCount) == copies.indices.map { UInt32($0) })
                #expect(Set(copies.map(\.timestamp)).count == 1)
            }
        }
    }

    @Test("Options that the wire cannot carry are refused here")
    func badOptions() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let changes: [(inout StanSubscriptionOptions) -> Void] = [
                    { $0.ackWait = .milliseconds(1500) }, { $0.ackWait = .milliseconds(500) }, { $0.maxInFlight = 0 },
                    { $0.queueGroup = "a:b" },
                    {
                        $0.queueGroup = "g"
                        $0.durableName = "a:b"
                    },
                ]
                for change in changes {
                    #expect(await codeOfFailure { _ = try await client.subscribe(to: "foo", change) } == .invalidArgument)
                }
                #expect(await codeOfFailure { _ = try await client.subscribe(to: "a.*") } == .invalidArgument)
            }
        }
    }

    @Test("123 124 After its close a subscription ends, acks go nowhere and a second close fails")
    func close() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let subscription = try await client.subscribe(to: channel) { _ in }
                try await client.publish("x", to: channel)
                let message = try #require(await subscription.next())
                try await subscription.close()
                #expect(await subscription.next() == nil)
                message.ack()
                #expect(await codeOfFailure { try await subscription.close() } == .connectionClosed)
                #expect(await codeOfFailure { try await subscription.unsubscribe() } == .connectionClosed)
                try await client.publish("y", to: channel)
            }
        }
    }

    @Test("A subscription that outlives its client can be ended, to no effect")
    func outlivesItsClient() async throws {
        try await withStanServer { server in
            let subscription = try await withStanClient(server) { try await $0.subscribe(to: server.uniqueName("foo")) { _ in } }
            #expect(await codeOfFailure { try await subscription.close() } == .connectionClosed)
        }
    }

    @Test("Members of a queue group share the messages")
    func queueGroup() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { first in
                try await withStanClient(server) { second in
                    let channel = server.uniqueName("foo")
                    let one = try await first.subscribe(to: channel) { $0.queueGroup = "g" }
                    let two = try await second.subscribe(to: channel) { $0.queueGroup = "g" }
                    try await first.publish(1...20, to: channel)
                    let isShared = await withTaskGroup(of: [UInt64].self) { group in
                        // Members with the same number of unacked messages take turns.
                        group.addTask { await one.take(10).map(\.sequence) }
                        group.addTask { await two.take(10).map(\.sequence) }
                        return await group.reduce(into: []) { $0 += $1 }.sorted() == Array(1...20)
                    }
                    #expect(isShared)
                }
            }
        }
    }
}
