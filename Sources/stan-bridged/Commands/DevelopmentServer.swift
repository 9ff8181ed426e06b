import ArgumentParser
import DevServer
import Logging
import NIOCore
import UnixSignals

/// `stan-bridged dev-server`: a STAN server to develop against.
struct DevelopmentServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev-server",
        abstract: "Run a STAN server for development, over a nats-server that is given or started.",
        discussion: """
            Everything is kept in memory and gone at the end, unless --store names a directory. Not for data that matters: it \
            behaves as NATS Streaming does, and has none of its years of use.
            """
    )

    @Option(help: ArgumentHelp("Use this nats-server instead of starting one.", valueName: "url")) var nats: String?

    @Option(help: ArgumentHelp("The port of the nats-server that is started; 0 for any free one.", valueName: "port")) var port =
        4222

    @Option(help: ArgumentHelp("The cluster id.", valueName: "id")) var cluster = "test-cluster"

    @Option(help: ArgumentHelp("Messages kept per channel; the oldest go first. 0 for no limit.", valueName: "n"))
    var maxMessages = 1_000_000

    @Option(help: ArgumentHelp("How many channels there may be. 0 for no limit.", valueName: "n"))
    var maxChannels = 100

    @Option(help: ArgumentHelp("Keep messages, clients and subscriptions in files below this directory.", valueName: "directory"))
    var store: String?

    @Option(help: ArgumentHelp("Serve /streaming/channelsz and its relatives over HTTP; 0 for any free port.", valueName: "port"))
    var monitor: Int?

    func validate() throws {
        guard 0...65535 ~= self.monitor ?? 0 else { throw ValidationError("--monitor must be between 0 and 65535") }
        guard 0...65535 ~= self.port else { throw ValidationError("--port must be between 0 and 65535") }
        guard self.maxChannels >= 0 else { throw ValidationError("--max-channels must be at least 0") }
        guard self.maxMessages >= 0 else { throw ValidationError("--max-messages must be at least 0") }
    }

    func run() async throws {
        let logger = Logger(label: "stan-server") { _ in
            ConsoleLogHandler(level: .warning, format: ConsoleLogHandler.textFormat)
        }
        do {
            var process: NatsServerProcess?
            if self.nats == nil {
                var options = NatsServerProcess.Options()
                if self.port != 0 { options.port = self.port }
                process = try await NatsServerProcess.start(options)
            }
            var options = StanServerOptions()
            options.clusterID = self.cluster
            options.limits.maxChannels = self.maxChannels
            options.limits.maxMessages = self.maxMessages
            if self.maxMessages == 0 { options.limits.maxBytes = 0 }
            if let store { options.store = .file(directory: store) }
            let url = self.nats ?? process?.url ?? ""
            let server = try await DevServer.start(options, natsURL: url, logger: logger)
            let kept = self.store.map { "in \($0)" } ?? "in memory"
            let address = Self.withoutSecrets(url)
            complain(
                "STAN server for development, \(kept): cluster \(self.cluster) on \(address). Ctrl-C ends it.",
                level: .notice
            )
            let monitoring = self.monitor.map {
                RunningService(MonitoringServer(server: server, port: $0, logger: logger), logger: logger)
            }
            let endedByItself = await Self.waitForEnd(of: process)
            try? await monitoring?.stop()
            if endedByItself {
                complain("stan-bridged: the nats-server has ended")
                throw Exit.unavailable
            }
            try await server.stop()
            await process?.stop()
        } catch let error as DevServerError {
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        } catch let error as NatsServerError {
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        } catch let error as StoreError {
            complain("stan-bridged: \(error)")
            throw Exit.output
        }
    }

    /// - Returns: whether the nats-server ended before a signal came.
    private static func waitForEnd(of process: NatsServerProcess?) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
                return false
            }
            if let process {
                group.addTask {
                    await process.waitUntilEnded()
                    return !Task.isCancelled
                }
            }
            let first = await group.next() ?? false
            if !first { await process?.stop() }
            group.cancelAll()
            return first
        }
    }

    private static func withoutSecrets(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@") else { return url }
        return "nats://" + url[url.index(after: at)...]
    }
}
