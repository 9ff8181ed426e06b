import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Connecting to STAN", .timeLimit(.minutes(3)))
struct ConnectTests {
    @Test("124 Connect and close; a second close does no harm, and after it nothing works")
    func connectAndClose() async throws {
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let subscription = try await client.subscribe(to: channel)
                try await client.close()
                try await client.close()
                #expect(await subscription.next() == nil)
                #expect(await codeOfFailure { try await client.publish("x", to: channel) } == .connectionClosed)
                #expect(await codeOfFailure { _ = try await client.subscribe(to: channel) } == .connectionClosed)
                #expect(await codeOfFailure { try await subscription.close() } == .connectionClosed)
                #expect(await client.connectionLost().code == .connectionClosed)
            }
        }
    }

    @Test("105 A cluster id that nobody has fails at once")
    func wrongCluster() async throws {
        try await withStanServer { server in
            let start = ContinuousClock.now
            let code = await codeOfFailure {
                var configuration = StanConfiguration(clusterID: server.uniqueName("none"), clientID: "me")
                configuration.requestTimeout = .seconds(60)
                _ = try await StanClient.connect(to: [server.url], configuration: configuration)
            }
            #expect(code == .connectTimeout)
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test("A client id is refused while its owner answers the server, and free when it has closed")
    func clientIDInUse() async throws {
        try await withStanServer { server in
            let id = server.uniqueName("me")
            try await withStanClient(server, id: id) { first in
                #expect(await codeOfFailure { try await withStanClient(server, id: id) { _ in } } == .clientIDInUse)
                // The owner has lost nothing by it.
                try await first.publish("x", to: server.uniqueName("foo"))
            }
            try await withStanClient(server, id: id) { _ in }
        }
    }

    @Test("A client id whose owner is gone from NATS is free at once")
    func clientIDOfTheDead() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                let id = server.uniqueName("me")
                try await withStanClient(server, id: id, url: proxy.url) { _ in
                    try await proxy.cut()
                    try await withStanClient(server, id: id, configure: { $0.requestTimeout = .seconds(10) }) { _ in }
                }
            }
        }
    }

    @Test("What cannot be a configuration is refused without asking anybody")
    func badConfigurations() async throws {
        let good = StanConfiguration(clusterID: "c", clientID: "me")
        let bad = StanConfiguration(clusterID: "c", clientID: "a.b")
        let urls = ["nats://127.0.0.1:1"]
        #expect(await codeOfFailure { _ = try await StanClient.connect(to: urls, configuration: bad) } == .invalidArgument)
        #expect(await codeOfFailure { _ = try await StanClient.connect(to: [], configuration: good) } == .invalidArgument)
        do {
            _ = try await StanClient.connect(to: ["nats://me:secret@host:x"], configuration: good)
            Issue.record("a bad URL was taken")
        } catch let error as StanError {
            #expect(error.code == .invalidArgument)
            #expect(!error.message.contains("secret"))
        }
    }

    @Test("No NATS server is an error of NATS, in words")
    func noNATS() async throws {
        let port = try await withNATSServer { $0.port }
        let configuration = StanConfiguration(clusterID: "c", clientID: "me")
        let error = await #expect(throws: StanError.self) {
            _ = try await StanClient.connect(to: ["nats://127.0.0.1:\(port)"], configuration: configuration)
        }
        #expect(error?.code == .nats)
        #expect(error?.message.contains("connection refused") == true)
    }

    @Test("Heartbeats are answered", .enabled(if: !StanTestServer.isReal, "needs a server whose heartbeats are fast"))
    func heartbeats() async throws {
        try await withStanServer {
            $0.heartbeats.interval = .milliseconds(20)
            $0.heartbeats.maxFailures = 1
        } _: { server in
            let watcher = try await NATSTestClient.connect(server.url)
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                let subscription = try await client.subscribe(to: channel) { _ in }
                // Heartbeats come to inboxes of nobody's business; a client that did not answer would be gone after the second.
                let inboxes = try await watcher.subscribe("_INBOX.>")
                var seen: [String: Int] = [:]
                while seen.values.max() ?? 0 < 5, let message = await inboxes.next() {
                    if message.payloadLength == 0, message.reply != nil { seen[message.subject, default: 0] += 1 }
                }
                try await client.publish("alive", to: channel)
                #expect(await subscription.next()?.text == "alive")
            }
            try await watcher.close()
        }
    }
}
