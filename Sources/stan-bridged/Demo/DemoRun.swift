import Config
import Delivery
import DevServer
import Glibc
import Logging
import NIOCore
import NIOPosix
import StanCore

/// The story that the demo tells: everything a user has, small, and with real parts.
struct DemoRun {
    let count: Int

    private static let channel = "orders"
    private static let file = "orders.ndjson"
    private static let config = "config.json"
    private static let patience = Duration.seconds(60)

    func run() async throws {
        let directory = try DemoDirectory()
        defer { directory.remove() }
        let nats = try await NatsServerProcess.start()
        do {
            try await self.run(in: directory, over: nats)
        } catch {
            await nats.stop()
            throw error
        }
        await nats.stop()
        print("\nAll processes stopped, all files removed.")
    }

    private func run(in directory: DemoDirectory, over nats: NatsServerProcess) async throws {
        let silent = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        let server = try await DevServer.start(natsURL: nats.url, logger: silent)
        Self.say("1", "A nats-server on port \(nats.port), and on it a STAN server for development: cluster test-cluster.")

        let receiver = DemoReceiver()
        let receiving = RunningService(receiver, logger: silent)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await self.tell(receiver, directory, server, nats, group.next(), silent))
        } catch {
            outcome = .failure(error)
        }
        try await receiving.stop()
        try await server.stop()
        try await group.shutdownGracefully()
        try outcome.get()
    }

    private func tell(
        _ receiver: DemoReceiver,
        _ directory: DemoDirectory,
        _ server: DevServer,
        _ nats: NatsServerProcess,
        _ eventLoop: any EventLoop,
        _ silent: Logger
    ) async throws {
        guard let port = await receiver.port() else { throw DemoError("the webhook does not listen") }
        Self.say("2", "A webhook on port \(port). It is busy (503) now and then, as webhooks are.")

        let path = try directory.write(Self.configText(nats: nats.url, port: port, directory: directory.path), to: Self.config)
        let loaded = ConfigFile.load(path: path)
        guard let configuration = loaded.configuration else { throw DemoError(loaded.report) }
        let bridge = try Wiring.bridge(configuration, eventLoop: eventLoop, logger: silent)
        let bridging = RunningService(bridge, logger: silent)
        do {
            try await Self.wait("the bridge to be ready") { await bridge.status().isReady }
            Self.say("3", "The bridge, with this route: every message to the webhook and to a file, acked when both have it.")
            print(CheckReport(configuration).text.split(separator: "\n").dropFirst().map { "     \($0)" }.joined(separator: "\n"))

            let start = ContinuousClock.now
            try await self.publish(to: nats.url)
            Self.say("4", "\(self.count) messages published to the channel \(Self.channel), each acked by the server.")

            let channel = try await self.waitForDelivery(receiver, directory, server)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            Self.say("5", "All delivered \(Self.rounded(seconds)) s after the first was published.\n")
            self.show(receiver.state, directory.lines(of: Self.file), channel)
        } catch {
            try await bridging.stop()
            throw error
        }
        try await bridging.stop()
    }

    private func publish(to url: String) async throws {
        let client = try await StanClient.connect(
            to: [url],
            configuration: StanConfiguration(clusterID: "test-cluster", clientID: "demo-publisher")
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...self.count {
                try Task.checkCancellation()
                if number > 1_000 { try await group.next() }
                let message = ByteBuffer(string: #"{"order":\#(number),"item":"tea","pots":\#(number % 7 + 1)}"#)
                group.addTask { try await client.publish(message, to: Self.channel) }
            }
            try await group.waitForAll()
        }
        try await client.close()
    }

    /// - Returns: what the server holds of the channel when nothing is unacked any more.
    private func waitForDelivery(
        _ receiver: DemoReceiver,
        _ directory: DemoDirectory,
        _ server: DevServer
    ) async throws -> StanChannelStatus {
        var channel: StanChannelStatus?
        try await Self.wait("every message to be delivered and acked") {
            channel = try await server.channels().first { $0.name == Self.channel }
            guard let channel, receiver.state.sequences.count == self.count else { return false }
            return channel.subscriptions.allSatisfy { $0.pendingCount == 0 } && directory.lines(of: Self.file).count == self.count
        }
        guard let channel else { throw DemoError("the server does not know the channel") }
        return channel
    }

    private func show(_ received: DemoReceiver.Received, _ lines: [Substring], _ channel: StanChannelStatus) {
        print("   The first request that the webhook got:")
        for line in received.sample { print("     \(line)") }
        print("   The first line of the file:\n     \(lines.first ?? "")\n")
        let twice = received.sequences.values.count { $0 > 1 }
        let pending = channel.subscriptions.reduce(0) { $0 + $1.pendingCount }
        print(
            "   webhook: \(received.sequences.count) messages, \(twice) of them twice; \(received.busy) found it busy and were tried again"
        )
        print("   file:    \(lines.count) lines")
        print("   server:  \(channel.messages) messages in the channel, \(pending) unacked")
    }

    private static func configText(nats: String, port: Int, directory: String) -> String {
        """
        {
          "nats": { "servers": ["\(nats)"] },
          "stan": { "cluster_id": "test-cluster", "client_id": "demo-bridge" },
          "sinks": {
            "webhook": { "type": "http", "url": "http://127.0.0.1:\(port)/hook" },
            "archive": { "type": "file", "path": "\(Self.file)" }
          },
          "routes": [
            {
              "name": "orders", "channel": "\(Self.channel)", "durable_name": "demo", "start_at": "first",
              "to": ["webhook", "archive"], "retry": { "initial": "200ms" }
            }
          ]
        }
        """
    }

    private static func wait(_ what: String, until condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw DemoError("waited \(Self.patience) for \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func say(_ number: String, _ text: String) {
        print("\(number)  \(text)")
        fflush(nil)
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }
}
