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
        discussion: "Everything is kept in memory and gone at the end. Not for data that matters."
    )

    @Option(help: ArgumentHelp("Use this nats-server instead of starting one.", valueName: "url")) var nats: String?

    @Option(help: ArgumentHelp("The port of the nats-server that is started; 0 for any free one.", valueName: "port")) var port =
        4222

    @Option(help: ArgumentHelp("The cluster id.", valueName: "id")) var cluster = "test-cluster"

    @Option(help: ArgumentHelp("Messages kept per channel; the oldest go first. 0 for no limit.", valueName: "n"))
    var maxMessages = 1_000_000

    func validate() throws {
        guard 0...65535 ~= self.port else { throw ValidationError("--port must be between 0 and 65535") }
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
            options.limits.maxMessages = self.maxMessages
            if self.maxMessages == 0 { options.limits.maxBytes = 0 }
            let url = self.nats ?? process?.url ?? ""
            let server = try await DevServer.start(options, natsURL: url, logger: logger)
            complain(
                "STAN server for development, in memory: cluster \(self.cluster) on \(Self.withoutSecrets(url)). Ctrl-C ends it."
            )
            let endedByItself = await Self.waitForEnd(of: process)
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
