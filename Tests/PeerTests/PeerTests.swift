import NIOCore
import StanCore
import Synchronization
import TestSupport
import Testing

/// What two clients that share no code make of the same server.
@Suite("Beside Debian's C client")
struct PeerTests {
    @Test("What C publishes, Swift receives, with sequences and timestamps that both see alike")
    func fromC() async throws {
        try await withStanServer { server in
            let channel = server.uniqueName("c-to-swift")
            let c = try LibnatsClient(url: server.url, cluster: server.clusterID, client: server.uniqueName("c"))
            let swift = try await Self.client(server)
            for number in 1...100 { try c.publish("message \(number)", to: channel) }
            var options = StanSubscriptionOptions()
            options.start = .first
            let subscription = try await swift.subscribe(to: channel, options: options)
            let atC = try c.subscribe(to: channel)
            var received: [LibnatsInbox.Message] = []
            for await message in subscription {
                received.append(
                    LibnatsInbox.Message(
                        sequence: message.sequence,
                        text: String(buffer: message.data),
                        timestamp: message.timestamp,
                        isRedelivered: message.redelivered
                    )
                )
                message.ack()
                if received.count == 100 { break }
            }
            #expect(received.map(\.text) == (1...100).map { "message \($0)" })
            #expect(received.map(\.sequence) == Array(1...100))
            try await eventually { atC.inbox.messages.count == 100 }
            #expect(atC.inbox.messages == received)
            try await swift.close()
            try c.close()
        }
    }

    @Test("What Swift publishes, one by one and by the batch, C receives")
    func toC() async throws {
        try await withStanServer { server in
            let channel = server.uniqueName("swift-to-c")
            let c = try LibnatsClient(url: server.url, cluster: server.clusterID, client: server.uniqueName("c"))
            let swift = try await Self.client(server)
            let subscription = try c.subscribe(to: channel)
            try await swift.publish(ByteBuffer(), to: channel)
            let large = String(repeating: "ä", count: 100_000)
            try await swift.publish(ByteBuffer(string: large), to: channel)
            let failures = try await swift.publish(contentsOf: (3...500).map { ByteBuffer(string: "message \($0)") }, to: channel)
            #expect(failures.isEmpty)
            try await eventually { subscription.inbox.messages.count == 500 }
            #expect(subscription.inbox.messages.map(\.text) == ["", large] + (3...500).map { "message \($0)" })
            try await swift.close()
            try c.close()
        }
    }

    @Test("A durable that C began, Swift goes on with: what was not acked first, and flagged")
    func durableFromC() async throws {
        try await withStanServer { server in
            let channel = server.uniqueName("durable")
            let clientID = server.uniqueName("owner")
            let c = try LibnatsClient(url: server.url, cluster: server.clusterID, client: clientID)
            for number in 1...6 { try c.publish("message \(number)", to: channel) }
            var options = LibnatsClient.Options()
            options.durable = "shared"
            let atC = try c.subscribe(to: channel, options)
            atC.inbox.ack { $0 != 2 && $0 != 5 }
            try await eventually { atC.inbox.messages.count == 6 }
            try atC.close()
            try c.publish("message 7", to: channel)
            try c.close()

            let swift = try await Self.client(server, id: clientID)
            var swiftOptions = StanSubscriptionOptions()
            swiftOptions.start = .newOnly
            swiftOptions.durableName = "shared"
            var iterator = try await swift.subscribe(to: channel, options: swiftOptions).makeAsyncIterator()
            var received: [(UInt64, Bool)] = []
            for _ in 0..<3 {
                let message = try #require(await iterator.next())
                received.append((message.sequence, message.redelivered))
                message.ack()
            }
            #expect(received.map(\.0) == [2, 5, 7])
            #expect(received.map(\.1) == [true, true, false])
            try await swift.close()
        }
    }

    @Test("A durable that Swift began, C goes on with")
    func durableFromSwift() async throws {
        try await withStanServer { server in
            let channel = server.uniqueName("durable")
            let clientID = server.uniqueName("owner")
            let swift = try await Self.client(server, id: clientID)
            for number in 1...4 { try await swift.publish(ByteBuffer(string: "message \(number)"), to: channel) }
            var options = StanSubscriptionOptions()
            options.start = .first
            options.durableName = "shared"
            let subscription = try await swift.subscribe(to: channel, options: options)
            var count = 0
            for await message in subscription {
                if message.sequence != 3 { message.ack() }
                count += 1
                if count == 4 { break }
            }
            try await subscription.close()
            try await swift.close()

            let c = try LibnatsClient(url: server.url, cluster: server.clusterID, client: clientID)
            var cOptions = LibnatsClient.Options()
            cOptions.durable = "shared"
            let atC = try c.subscribe(to: channel, cOptions)
            try await eventually { !atC.inbox.messages.isEmpty }
            #expect(atC.inbox.messages.map(\.sequence) == [3])
            #expect(atC.inbox.messages.map(\.isRedelivered) == [true])
            try atC.unsubscribe()
            try c.close()
        }
    }

    @Test("A queue group of both gets each message once, and both get some")
    func queueGroup() async throws {
        try await withStanServer { server in
            let channel = server.uniqueName("queue")
            let c = try LibnatsClient(url: server.url, cluster: server.clusterID, client: server.uniqueName("c"))
            let swift = try await Self.client(server)
            var cOptions = LibnatsClient.Options()
            cOptions.queue = "workers"
            let atC = try c.subscribe(to: channel, cOptions)
            var options = StanSubscriptionOptions()
            options.queueGroup = "workers"
            let subscription = try await swift.subscribe(to: channel, options: options)
            let seen = Mutex<[UInt64]>([])
            let reader = Task {
                for await batch in subscription.batches {
                    seen.withLock { $0 += batch.map(\.sequence) }
                    subscription.ack(batch)
                }
            }
            let failures = try await swift.publish(contentsOf: (1...200).map { ByteBuffer(string: "message \($0)") }, to: channel)
            #expect(failures.isEmpty)
            try await eventually { seen.withLock { $0.count } + atC.inbox.messages.count == 200 }
            let atSwift = seen.withLock { $0 }
            #expect((atSwift + atC.inbox.messages.map(\.sequence)).sorted() == Array(1...200))
            #expect(!atSwift.isEmpty)
            #expect(!atC.inbox.messages.isEmpty)
            try await swift.close()
            await reader.value
            try c.close()
        }
    }

    @Test("A client id that C holds is refused to Swift, and the other way round")
    func clientID() async throws {
        try await withStanServer { server in
            let id = server.uniqueName("same")
            let c = try LibnatsClient(url: server.url, cluster: server.clusterID, client: id)
            await #expect { try await Self.client(server, id: id) } throws: { ($0 as? StanError)?.code == .clientIDInUse }
            try c.close()
            let swift = try await Self.client(server, id: id)
            #expect(throws: LibnatsClient.Failure.self) {
                try LibnatsClient(url: server.url, cluster: server.clusterID, client: id)
            }
            try await swift.close()
        }
    }

    private static func client(_ server: StanTestServer, id: String? = nil) async throws -> StanClient {
        try await StanClient.connect(
            to: [server.url],
            configuration: StanConfiguration(clusterID: server.clusterID, clientID: id ?? server.uniqueName("swift"))
        )
    }
}
