import DevServer
import NATSTransport
import NIOCore
import TestSupport
import Testing

@testable import StanCore

/// Whoever cancels waits no longer, and whoever lets go leaves nothing behind.
@Suite("Cancelling and letting go", .timeLimit(.minutes(3)))
struct CancellationTests {
    /// Much longer than anything that ends promptly, much shorter than what would have to pass otherwise.
    private static let promptly = Duration.seconds(10)

    @Test(
        "A publish that waits for its ack, or for its turn, ends when its task is cancelled; so does a batch",
        .enabled(if: !StanTestServer.isReal, "stops the server")
    )
    func publish() async throws {
        try await withStanServer { server in
            let configure = { (configuration: inout StanConfiguration) in
                configuration.maxPubAcksInFlight = 1
                configuration.pubAckTimeout = .minutes(2)
                configuration.requestTimeout = .milliseconds(100)
            }
            try await withStanClient(server, configure: configure) { client in
                try await server.devServer?.stop()
                let start = ContinuousClock.now
                let codes = await withTaskGroup(of: StanError.Code?.self) { group in
                    for _ in 0..<3 { group.addTask { await codeOfFailure { try await client.publish("x", to: "foo") } } }
                    group.addTask {
                        await codeOfFailure {
                            _ = try await client.publish(contentsOf: [ByteBuffer(), ByteBuffer(), ByteBuffer()], to: "foo")
                        }
                    }
                    let session = client.boundSession
                    try? await eventually("all wait") {
                        try await session.eventLoop.submit { session.value.pubAcksInFlight + session.value.publishesWaiting }
                            .get() == 4
                    }
                    group.cancelAll()
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(codes == Array(repeating: .cancelled, count: 4))
                #expect(ContinuousClock.now - start < Self.promptly)
            }
        }
    }

    @Test("A publish of a task that is cancelled already does not happen")
    func cancelledBefore() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let code = await Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await codeOfFailure { try await client.publish("never", to: channel) }
                }.value
                #expect(code == .cancelled)
                try await client.publish("first", to: channel)
                #expect(try await client.subscribe(to: channel) { _ in }.next()?.text == "first")
            }
        }
    }

    @Test("Reading, by the message, the batch or with a handler, ends when the task is cancelled, and can be taken up again")
    func iteration() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let subscription = try await client.subscribe(to: channel) { _ in }
                let readers: [@Sendable () async -> Void] = [
                    { for await _ in subscription {} }, { for await _ in subscription.batches {} },
                    { await subscription.process { _ in } },
                ]
                for reader in readers {
                    let start = ContinuousClock.now
                    await withTaskGroup { group in
                        group.addTask { await reader() }
                        group.cancelAll()
                    }
                    #expect(ContinuousClock.now - start < Self.promptly)
                }
                try await client.publish("x", to: channel)
                #expect(await subscription.next()?.text == "x")
            }
        }
    }

    @Test("An error in one task of a throwing group ends the others, who read and publish")
    func throwingGroup() async throws {
        struct Stop: Error {}
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let subscription = try await client.subscribe(to: channel) { _ in }
                await #expect(throws: Stop.self) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            var count = 0
                            for await message in subscription {
                                message.ack()
                                count += 1
                                if count == 10 { throw Stop() }
                            }
                        }
                        group.addTask { while true { try await client.publish("x", to: channel) } }
                        for try await _ in group {}
                    }
                }
                // The client is none the worse for it.
                try await client.publish("y", to: channel)
            }
        }
    }

    @Test("Waiting for the loss of a session ends when the task is cancelled, and leaves nothing in the session")
    func waitingForLoss() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                for _ in 0..<10 {
                    let waiting = Task { await client.connectionLost() }
                    waiting.cancel()
                    #expect(await waiting.value.code == .cancelled)
                }
                let session = client.boundSession
                try await eventually("nobody waits") {
                    try await session.eventLoop.submit { session.value.endHandlers.isEmpty }.get()
                }
            }
        }
    }

    @Test("An attempt to connect ends when its task is cancelled, before or while it waits")
    func connecting() async throws {
        let port = try #require(NATSServerAddress(try await SharedNATSServer.url)).port
        try await withTCPProxy(to: port) { proxy in
            // Takes connections, and lets nothing through.
            try await proxy.stall()
            var configuration = StanTransport.Configuration(servers: [proxy.url])
            configuration.connectTimeout = .minutes(2)
            for isBefore in [true, false] {
                let start = ContinuousClock.now
                let attempt = Task { [configuration] in
                    if isBefore { withUnsafeCurrentTask { $0?.cancel() } }
                    return await codeOfFailure { _ = try await StanTransport.connect(configuration) }
                }
                if !isBefore {
                    try await Task.sleep(for: .milliseconds(50))
                    attempt.cancel()
                }
                #expect(await attempt.value == .cancelled)
                #expect(ContinuousClock.now - start < Self.promptly)
            }
            try await eventually("no connection is left") { try await proxy.connectionCount == 0 }
        }
    }

    @Test("A client that nobody holds any more closes its connection, ends its subscriptions, and is gone")
    func abandonedClient() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                var client: StanClient? = try await StanClient.connect(
                    to: [proxy.url],
                    configuration: StanConfiguration(clusterID: server.clusterID, clientID: server.uniqueName("me"))
                )
                let subscription = try #require(try await client?.subscribe(to: server.uniqueName("foo")))
                weak let transport = client?.transport
                let reader = Task { for await _ in subscription {} }
                #expect(try await proxy.connectionCount == 1)
                client = nil
                await reader.value
                try await eventually("the connection is closed") { try await proxy.connectionCount == 0 }
                try await eventually("the transport is gone") { transport == nil }
            }
        }
    }

    @Test("A transport that nobody holds any more closes its connection; one that a client stands on does not")
    func abandonedTransport() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                var transport: StanTransport? = try await StanTransport.connect(to: [proxy.url])
                let events = try #require(transport).events
                let configuration = StanConfiguration(clusterID: server.clusterID, clientID: server.uniqueName("me"))
                var client: StanClient? = try await StanClient.connect(
                    over: try #require(transport),
                    configuration: configuration
                )
                transport = nil
                try await client?.publish("x", to: server.uniqueName("foo"))
                #expect(try await proxy.connectionCount == 1)
                client = nil
                try await eventually("the connection is closed") { try await proxy.connectionCount == 0 }
                for await event in events where event == .closed { break }
                #expect(await events.next() == nil)
            }
        }
    }
}
