import NATSTransport
import NIOCore
import TestSupport
import Testing

@testable import StanCore

/// A socket that takes nothing. The system's own buffers take some megabytes, so the messages are large.
@Suite("A socket that takes nothing", .timeLimit(.minutes(3)))
struct BackPressureTests {
    private static let limit = 256 << 10
    private static let size = 512 << 10
    private static let count = 64

    /// Lends a session behind a proxy, whose outbound limit is small.
    private func withStallingSession(
        pingInterval: TimeAmount = .minutes(2),
        _ body: (StanTestServer, TCPProxy, StanClient, NIOLoopBound<StanSession>) async throws -> Void
    ) async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                var transport = StanTransport.Configuration(servers: [proxy.url])
                transport.outboundLimit = Self.limit
                transport.pingInterval = pingInterval
                transport.reconnectWait = .milliseconds(20)
                var configuration = StanConfiguration(clusterID: server.clusterID, clientID: server.uniqueName("me"))
                configuration.requestTimeout = .seconds(10)
                let client = try await StanClient.connect(transport, configuration: configuration)
                try await body(server, proxy, client, client.boundSession)
                try? await client.close()
            }
        }
    }

    @Test(
        "Publishes wait for room, acks do not, and all is stored in order when the socket takes again",
        arguments: [true, false]
    )
    func stalled(_ oneByOne: Bool) async throws {
        try await self.withStallingSession { server, proxy, client, session in
            let channel = server.uniqueName("foo")
            let read = server.uniqueName("read")
            try await client.publish("x", to: read)
            let subscription = try await client.subscribe(to: read) { _ in }
            let message = try #require(await subscription.next())
            try await proxy.stall()

            let bodies = (0..<Self.count).map { ByteBuffer(repeating: UInt8($0), count: Self.size) }
            let (acks, continuation) = AsyncStream.makeStream(of: StanError?.self)
            let batch = Task {
                if oneByOne {
                    for body in bodies { client.publish(body, to: channel) { continuation.yield($0) } }
                    return [] as [(index: Int, error: StanError)]
                }
                return try await client.publish(contentsOf: bodies, to: channel)
            }
            // Between two writes it may be full for an instant.
            var same = 0
            var last = 0
            try await eventually("the socket takes nothing more") {
                let now = try await session.run { $0.nats.isCongested ? $0.pubAcksInFlight : 0 }
                same = now > 1 && now == last ? same + 1 : 0
                last = now
                return same >= 40
            }
            // What is under way is in the system's buffers, and beyond them no more than the limit and a message.
            let (underWay, waiting) = try await session.run { ($0.pubAcksInFlight, $0.publishesWaiting) }
            #expect(underWay < Self.count)
            if oneByOne { #expect(underWay + waiting == Self.count) } else { #expect(waiting == 0) }
            try await session.run { session in
                let waiting = session.publishesWaiting
                // The PUB line of an ack is taken, a message has to wait.
                #expect(session.subscriptions.first?.subscription.acknowledge(message.sequence) == true)
                let ticket = session.publish(ByteBuffer(string: "late"), to: channel) { _ in }
                #expect(session.publishesWaiting == waiting + 1)
                session.cancelPublish(ticket)
            }

            try await proxy.resume()
            if oneByOne {
                var stored = 0
                for await error in acks {
                    #expect(error == nil)
                    stored += 1
                    if stored == Self.count { break }
                }
            } else {
                #expect(try await batch.value.isEmpty)
            }
            let messages = try await client.subscribe(to: channel) { _ in }.take(Self.count)
            #expect(
                messages.map { $0.data.getInteger(at: $0.data.readerIndex, as: UInt8.self) } == (0..<Self.count).map { UInt8($0) }
            )
            #expect(messages.allSatisfy { $0.data.readableBytes == Self.size })
        }
    }

    @Test("A connection that takes nothing for long is left; what waited for room fails then, and what comes later works")
    func left() async throws {
        try await self.withStallingSession(pingInterval: .milliseconds(300)) { server, proxy, client, session in
            let channel = server.uniqueName("foo")
            try await proxy.stall()
            let (acks, continuation) = AsyncStream.makeStream(of: StanError?.self)
            for _ in 0..<Self.count {
                client.publish(ByteBuffer(repeating: 1, count: Self.size), to: channel) { continuation.yield($0) }
            }
            try await eventually("some wait") { try await session.run { $0.publishesWaiting } > 0 }
            // Those that are under way wait for their acks, which is another matter.
            let waiting = try await session.run { $0.publishesWaiting }
            var failed = 0
            for await error in acks {
                #expect(error?.code == .nats)
                failed += 1
                if failed == waiting { break }
            }
            try await proxy.resume()
            try await eventually("publishes work again") {
                await codeOfFailure { try await client.publish("x", to: channel) } == nil
            }
        }
    }
}

extension NIOLoopBound<StanSession> {
    fileprivate func run<Result: Sendable>(_ body: @escaping @Sendable (StanSession) throws -> Result) async throws -> Result {
        try await self.eventLoop.submit { try body(self.value) }.get()
    }
}
