import DevServer
import NATSTransport
import NIOCore
import TestSupport
import Testing

@testable import StanCore

@Suite("What a transport tells", .timeLimit(.minutes(3)))
struct EventTests {
    private struct NoSuchEvent: Error {}

    /// Reads events until one fits.
    private func event(
        _ events: AsyncStream<StanTransport.Event>,
        _ fits: (StanTransport.Event) -> Bool
    ) async throws -> StanTransport.Event {
        for await event in events where fits(event) { return event }
        throw NoSuchEvent()
    }

    @Test("How it stands, lost, refused, back again, closed; and then the sequence ends, for whoever comes later too")
    func life() async throws {
        let port = try #require(NATSServerAddress(try await SharedNATSServer.url)).port
        try await withTCPProxy(to: port) { proxy in
            var configuration = StanTransport.Configuration(servers: [proxy.url])
            configuration.reconnectWait = .milliseconds(20)
            let transport = try await StanTransport.connect(configuration)
            let name = "127.0.0.1:\(proxy.port)"
            let events = transport.events
            #expect(await events.next() == .connected(server: name))
            try await proxy.cut()
            guard case .disconnected(name, let failure) = await events.next() else { throw NoSuchEvent() }
            #expect(failure.kind == .unreachable)
            _ = try await self.event(events) { if case .connectFailed(name, _) = $0 { true } else { false } }
            try await proxy.resume()
            _ = try await self.event(events) { $0 == .connected(server: name) }
            await transport.close()
            await transport.close()
            #expect(await events.next() == .closed)
            #expect(await events.next() == nil)
            let late = transport.events
            #expect(await late.next() == .closed)
            #expect(await late.next() == nil)
        }
    }

    @Test("A permission that is missing is an event of that kind, and the session goes on")
    func permissions() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = """
            authorization { users: [ { user: dev, password: x },
              { user: me, password: x, permissions: { publish: { deny: "*.secret" } } } ] }
            """
        try await withNATSServer(options) { nats in
            var options = StanServerOptions()
            options.clusterID = "permissions"
            let server = try await DevServer.start(options, natsURL: "nats://dev:x@127.0.0.1:\(nats.port)")
            var configuration = StanConfiguration(clusterID: "permissions", clientID: "me")
            configuration.pubAckTimeout = .seconds(1)
            let url = "nats://me:x@127.0.0.1:\(nats.port)"
            let client = try await StanClient.connect(to: [url], configuration: configuration)
            let events = client.transport.events
            // The subject below which the server takes messages of the channel.
            try await client.transport.eventLoop.submit { [transport = client.transport] in
                try transport.connection.value.publish(ByteBuffer(), to: "a.secret")
            }.get()
            let event = try await self.event(events) { if case .serverError = $0 { true } else { false } }
            guard case .serverError(let failure) = event else { throw NoSuchEvent() }
            #expect(failure.kind == .permissions)
            #expect(failure.message.contains("\"a.secret\""))
            try await client.publish("x", to: "public")
            try await client.close()
            try await server.stop()
        }
    }

    @Test(
        "What a server says before it closes is told by its kind",
        arguments: [
            ("Slow Consumer", .slowConsumer), ("Stale Connection", .staleConnection),
            ("Maximum Payload Violation", .payloadLimit), ("User Authentication Expired", .authorization),
            ("Maximum Connections Exceeded", .connectionLimit), ("Maximum Control Line Exceeded", .lineLimit),
            ("Unknown Protocol Operation", .protocolMismatch), ("Attempted To Connect To Route Port", .wrongPort),
            ("Something New", .otherServerError), ("Invalid Subject", .invalidSubject),
            ("maximum subscriptions exceeded", .subscriptionLimit),
        ] as [(String, StanTransport.Failure.Kind)]
    )
    func kinds(_ text: String, _ kind: StanTransport.Failure.Kind) {
        let failure = StanTransport.Failure(NATSError.server(NATSServerError(text)))
        #expect(failure.kind == kind)
        #expect(failure.message.hasPrefix("the NATS server said: \(text)"))
    }

    @Test("Credentials that are no longer taken end it for good where that was asked for, and the sessions with it")
    func gaveUp() async throws {
        let port = try await withNATSServer { $0.port }
        var options = NatsServerProcess.Options()
        options.port = port
        options.configuration = "authorization { user: me, password: old }"
        var transport: StanTransport?
        var session: NIOLoopBound<StanSession>?
        try await withNATSServer(options) { _ in
            var configuration = try StanTransport.Configuration(servers: ["nats://me:old@127.0.0.1:\(port)"]).nats()
            configuration.reconnectWait = .milliseconds(20)
            configuration.refusedWait = .milliseconds(20)
            configuration.stopsWhenRefusedTwice = true
            let made = try await StanTransport.connect(configuration, eventLoop: nil, logger: LogRecorder().logger)
            transport = made
            session = try await made.eventLoop.submit {
                let session = StanSession(
                    nats: made.connection.value,
                    configuration: StanConfiguration(clusterID: "c", clientID: "me"),
                    logger: made.logger
                )
                return NIOLoopBound(session, eventLoop: made.eventLoop)
            }.get()
        }
        let events = try #require(transport).events
        options.configuration = "authorization { user: me, password: new }"
        try await withNATSServer(options) { _ in
            let event = try await self.event(events) { if case .gaveUp = $0 { true } else { false } }
            guard case .gaveUp(_, let failure) = event else { throw NoSuchEvent() }
            #expect(failure.kind == .authorization)
            #expect(await events.next() == .closed)
            let bound = try #require(session)
            let reason = try await bound.eventLoop.flatSubmit {
                let promise = bound.eventLoop.makePromise(of: StanError.self)
                bound.value.onEnd { promise.succeed($0) }
                return promise.futureResult
            }.get()
            #expect(reason.code == .connectionLost)
            #expect(reason.loss == .natsClosed)
            #expect(reason.message.contains("Authorization Violation"))
        }
    }

    @Test("A reader who stops reading loses the oldest events, and one who goes away is forgotten")
    func bounded() async throws {
        let transport = try await StanTransport.connect(to: [try await SharedNATSServer.url])
        do {
            let kept = transport.events
            _ = transport.events
            #expect(transport.listenerCount == 1)
            try await transport.eventLoop.submit {
                for number in 0..<1000 { transport.tell(.lameDuck(server: "\(number)")) }
            }.get()
            #expect(await kept.next() == .lameDuck(server: "\(1000 - TransportEvents.capacity)"))
        }
        try await eventually("nobody listens any more") { transport.listenerCount == 0 }
        await transport.close()
    }

    @Test("The end of a shared transport ends all sessions over it at once, with the reason, and all that waits")
    func sharedTransport() async throws {
        try await withStanServer { server in
            let transport = try await StanTransport.connect(to: [server.url])
            var clients: [StanClient] = []
            var subscriptions: [StanSubscription] = []
            for _ in 0..<2 {
                let configuration = StanConfiguration(clusterID: server.clusterID, clientID: server.uniqueName("me"))
                let client = try await StanClient.connect(over: transport, configuration: configuration)
                subscriptions.append(try await client.subscribe(to: server.uniqueName("foo")) { _ in })
                clients.append(client)
            }
            async let loss = clients[0].connectionLost()
            async let message = subscriptions[1].next()
            await transport.close()
            #expect(await loss == StanError(lost: .natsClosed, "the NATS connection is closed for good"))
            #expect(await message == nil)
            #expect(await clients[1].connectionLost().loss == .natsClosed)
            #expect(await codeOfFailure { try await clients[0].publish("x", to: "foo") } == .connectionClosed)
            for client in clients { try await client.close() }
        }
    }
}
