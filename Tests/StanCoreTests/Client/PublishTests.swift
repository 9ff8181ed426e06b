import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Publishing", .timeLimit(.minutes(3)))
struct PublishTests {
    @Test("What is published is acked, and comes in order, whole, with sequences from 1")
    func order() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                try await client.publish(1...50, to: channel)
                let large = ByteBuffer(repeating: 7, count: 200_000)
                try await client.publish(large, to: channel)
                try await client.publish(ByteBuffer(), to: channel)
                let messages = try await client.subscribe(to: channel) { _ in }.take(52)
                #expect(messages.map(\.sequence) == Array(1...52))
                #expect(messages.prefix(50).map(\.text) == (1...50).map { "\($0)" })
                #expect(messages[50].data == large)
                #expect(messages[51].data.readableBytes == 0)
                #expect(messages.map(\.timestamp) == messages.map(\.timestamp).sorted())
                #expect(messages.allSatisfy { !$0.redelivered && $0.redeliveryCount == 0 && $0.channel == channel })
            }
        }
    }

    @Test("A thousand at once are all acked, and stored in the order they were given")
    func manyAtOnce() async throws {
        try await withStanServer { server in
            try await withSession(server) { session in
                let channel = server.uniqueName("foo")
                let acks = try await session.run { session in
                    (1...1000).map { session.publish(ByteBuffer(string: "\($0)"), to: channel) }
                }
                for ack in acks { try await ack.get() }
                #expect(try await session.run { $0.pubAcksInFlight } == 0)
                let received = try await session.subscribe(to: channel) { $0.start = .first }
                try await eventually("all have come") { received.sequences.count == 1000 }
                #expect(received.texts == (1...1000).map { "\($0)" })
            }
        }
    }

    @Test("127 What cannot be published is refused here, and the session lives on")
    func refused() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                for channel in ["", "a.*", "a.>", "a b", "a/b", "a..b", "a\r\nPUB x 0"] {
                    #expect(await codeOfFailure { try await client.publish("x", to: channel) } == .invalidArgument)
                }
                let tooLarge = ByteBuffer(repeating: 0, count: 1 << 20)
                #expect(await codeOfFailure { try await client.publish(tooLarge, to: "foo") } == .tooLarge)
                try await client.publish("x", to: server.uniqueName("foo"))
            }
        }
    }

    @Test("115 While NATS is cut off a publish fails at once, and nothing of it is sent later")
    func cut() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                // A publish that is under way at the cut is not answered.
                try await withStanClient(server, url: proxy.url, configure: { $0.pubAckTimeout = .seconds(1) }) { client in
                    let channel = server.uniqueName("foo")
                    try await client.publish("before", to: channel)
                    try await proxy.cut()
                    try await eventually("publishes fail") {
                        await codeOfFailure { try await client.publish("lost", to: channel) } == .nats
                    }
                    #expect(await codeOfFailure { _ = try await client.subscribe(to: channel) } == .nats)
                    try await proxy.resume()
                    try await eventually("publishes work again") {
                        await codeOfFailure { try await client.publish("after", to: channel) } == nil
                    }
                    let messages = try await client.subscribe(to: channel) { _ in }.take(2)
                    #expect(messages.first?.text == "before")
                    #expect(messages.last?.text == "after")
                }
            }
        }
    }

    @Test("A large batch that NATS is not there for fails message by message, each error in its place")
    func largeBatchWhileCut() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                try await withStanClient(server, url: proxy.url, configure: { $0.pubAckTimeout = .seconds(1) }) { client in
                    try await proxy.cut()
                    try await eventually("publishes fail") {
                        await codeOfFailure { try await client.publish("lost", to: "foo") } == .nats
                    }
                    // So many that a call within a call for each would be the end of the stack.
                    let messages = Array(repeating: ByteBuffer(string: "lost"), count: 100_000)
                    let failures = try await client.publish(contentsOf: messages, to: "foo")
                    #expect(failures.map(\.index) == Array(0..<100_000))
                    #expect(failures.allSatisfy { $0.error.code == .nats })
                }
            }
        }
    }

    @Test(
        "116 117 While no STAN server listens: a publish waits for its time, requests fail at once",
        .enabled(if: !StanTestServer.isReal, "stops the server")
    )
    func serverAway() async throws {
        try await withStanServer { server in
            try await withStanClient(server, configure: { $0.pubAckTimeout = .milliseconds(200) }) { client in
                let subscription = try await client.subscribe(to: "foo")
                try await server.devServer?.stop()
                #expect(await codeOfFailure { try await client.publish("x", to: "foo") } == .publishAckTimeout)
                #expect(await codeOfFailure { _ = try await client.subscribe(to: "foo") } == .subscribeTimeout)
                #expect(await codeOfFailure { try await subscription.close() } == .closeTimeout)
                #expect(await codeOfFailure { try await client.close() } == .closeTimeout)
            }
        }
    }
}
