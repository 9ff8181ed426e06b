import ArgumentParser
import Config
import Delivery
import Glibc
import Logging
import NIOCore
import NIOPosix
import StanCore

/// `stan-bridged dead-letters`: what could not be delivered, and delivering it after all.
struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Show the messages of a dead-letter file, or send them again.",
        subcommands: [List.self, Replay.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the messages of dead-letter files.",
            discussion: """
                Lines that are no dead letters are reported and passed over; the status is 65 then.

                Examples:
                  stan-bridged dead-letters list /var/lib/stan-bridged/dead.ndjson
                  zcat dead.ndjson.1.gz | stan-bridged dead-letters list -
                """
        )

        @Argument(help: "Files, or - for standard input.", completion: .file()) var files: [String]

        func run() async throws {
            var table = DeadLetterTable()
            var unreadable = 0
            print(DeadLetterTable.heading)
            for path in self.files {
                do throws(DeadLetterFile.Failure) {
                    var file = try DeadLetterFile(path: path)
                    while let line = try file.next() {
                        switch line {
                        case .record(let record, _): print(table.line(for: record))
                        case .unreadable(let reason):
                            unreadable += 1
                            complain("\(path):\(file.number): \(reason)")
                        }
                    }
                } catch {
                    complain("stan-bridged: \(error)")
                    throw Exit.noInput
                }
            }
            print(table.summary)
            if unreadable > 0 { throw Exit.badInput }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send the messages of a dead-letter file again.",
            discussion: """
                Publishes each message to the channel that it came from, in the order of the file, so that every route that reads the \
                channel gets it as a new message. With --to-sink it is given to one sink of the daemon's configuration instead, just \
                as the daemon would: an endpoint sees the headers and the Idempotency-Key that it saw before.

                The file stays as it is. The status is 69 when some were not taken: each is named, and --failed-to keeps them.

                Examples:
                  stan-bridged dead-letters replay dead.ndjson --config /etc/stan-bridged/config.json
                  stan-bridged dead-letters replay dead.ndjson --config config.json --to-sink billing --failed-to again.ndjson
                  stan-bridged dead-letters replay dead.ndjson --route orders --to-channel orders.repaired --server nats://n1:4222
                """
        )

        @Argument(help: "The file, or - for standard input.", completion: .file()) var file: String

        @Option(name: .long, help: ArgumentHelp("Publish to this channel.", valueName: "channel")) var toChannel: String?

        @Option(name: .long, help: ArgumentHelp("Give to this sink of the configuration.", valueName: "sink")) var toSink: String?

        @Option(name: .long, help: ArgumentHelp("Only those of this route.", valueName: "route")) var route: String?

        @Option(name: .long, help: ArgumentHelp("Only this sequence; may be given several times.", valueName: "n"))
        var sequence: [UInt64] = []

        @Option(
            name: .long,
            help: ArgumentHelp("Append those that were not taken to this file.", valueName: "file"),
            completion: .file()
        )
        var failedTo: String?

        @Flag(name: .long, help: "Say what would be sent, and send nothing.") var dryRun = false

        @OptionGroup var connection: ClientOptions

        func validate() throws {
            if let toChannel, let problem = StanChannel.problem(with: toChannel) {
                throw ValidationError("\"\(toChannel)\" is not a channel: \(problem)")
            }
            guard self.toSink == nil || self.connection.config != nil else {
                throw ValidationError("--to-sink needs --config: the sink is one of that file's")
            }
            guard self.toSink == nil || self.toChannel == nil else {
                throw ValidationError("--to-sink and --to-channel exclude each other")
            }
            guard self.failedTo == nil || self.failedTo != self.file else {
                throw ValidationError("--failed-to must be another file than the one that is read")
            }
        }

        func run() async throws {
            do {
                if self.dryRun {
                    var table = DeadLetterTable()
                    try await self.replay { items in
                        for item in items { print(table.line(for: item.record)) }
                        return [:]
                    }
                } else if let toSink {
                    try await self.replay(to: toSink)
                } else {
                    let client = try await self.connection.connect(prefix: "stan-bridged-replay")
                    try await self.replay(to: DeadLetterReplay.publishing(with: client, to: self.toChannel))
                    try? await client.close()
                }
            } catch let error as DeadLetterFile.Failure {
                complain("stan-bridged: \(error)")
                throw Exit.noInput
            } catch let error as SinkError {
                complain("stan-bridged: \(error)")
                throw Exit.output
            } catch let error as StanError {
                complain("stan-bridged: \(error)")
                throw Exit.unavailable
            }
        }

        private func replay(to name: String) async throws {
            let configuration = try ConfigOption.load(self.connection.config ?? "", printWarnings: false)
            let group = MultiThreadedEventLoopGroup.singleton
            let log = LogChoice(Wiring.logChoice(configuration.log))
            let logger = Logger(label: "stan-bridged") { _ in ConsoleLogHandler(log) }
            let (sink, engine) = try Wiring.replaySink(name, of: configuration, eventLoop: group.next(), logger: logger)
            try sink.open()
            do {
                try await self.replay(
                    to: DeadLetterReplay.delivering(
                        to: sink,
                        cluster: configuration.stan.clusterID,
                        clientID: configuration.stan.clientID
                    )
                )
            } catch {
                await sink.close()
                await engine?.shutdown()
                throw error
            }
            await sink.close()
            await engine?.shutdown()
        }

        private func replay(to target: @escaping DeadLetterReplay.Target) async throws {
            let kept = try self.failedTo.map { try FailedFile(path: $0) }
            let sequences = Set(self.sequence)
            var replay = DeadLetterReplay(
                isWanted: { [route] in
                    (route == nil || $0.route == route) && (sequences.isEmpty || sequences.contains($0.sequence))
                },
                onFailure: { [file] item, reason in
                    complain("\(file):\(item.number): \(item.record.channel) \(item.record.sequence): \(reason)")
                    try kept?.append(item.line)
                },
                onUnreadable: { [file] number, reason in complain("\(file):\(number): \(reason)") },
                to: target
            )
            try await replay.run(path: self.file)
            try kept?.sync()
            let what = self.dryRun ? "would be sent" : "taken"
            complain("\(what): \(replay.taken), failed: \(replay.failed), lines that are no dead letters: \(replay.unreadable)")
            if replay.failed > 0 { throw Exit.unavailable }
            if replay.unreadable > 0 { throw Exit.badInput }
        }
    }
}
