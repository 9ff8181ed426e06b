import ArgumentParser
import Config
import Delivery
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// `stan-bridged run`: the daemon.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the daemon until it is told to stop.")

    @OptionGroup var file: ConfigOption

    @Flag(
        name: .long,
        help: ArgumentHelp(
            "End with status 69 when not every route is subscribed within 15 s of the start.",
            discussion: """
                That is the case when no server can be reached or none has the cluster id, when it refuses the credentials, or when \
                another client with the same client id is alive. Without this, the daemon goes on trying for ever.
                """
        )
    )
    var exitOnConnectFailure = false

    /// Longer than a server needs to find out that the client id's last owner is dead.
    private static let startLimit = TimeAmount.seconds(15)

    /// How long the end may be put off so that the last lines of the log are read.
    private static let lastLines: Int32 = 2000

    func run() async throws {
        defer { LineOutput.standardError.flush(milliseconds: Self.lastLines) }
        DescriptorLimit.raise()
        // Caught from the beginning, and by one listener only: with a second one, each might see some of the signals.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        let (configuration, alarms) = try self.file.loadForRunning()
        let log = LogChoice(Wiring.logChoice(configuration.log))
        let logger = Logger(label: "stan-bridged") { _ in ConsoleLogHandler(log) }
        for alarm in alarms { logger.warning("\(alarm.path): \(alarm.message)", metadata: ["config": "\(self.file.config)"]) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let supervision = Supervision(outputs: configuration.admin == nil ? 1 : 2, logger: logger)
        do {
            let bridge = try Wiring.bridge(
                configuration,
                startLimit: self.exitOnConnectFailure ? Self.startLimit : nil,
                eventLoop: group.next(),
                observer: supervision.observer,
                logger: logger
            )
            let (admin, reloader) = try self.operations(configuration, bridge, supervision, log, logger)
            let services: [any Service] = [bridge] + supervision.begin(bridge) + [admin]
            logger.notice(
                "stan-bridged starts",
                metadata: [
                    "version": "\(Version.current)", "config": "\(self.file.config)", "routes": "\(configuration.routes.count)",
                ]
            )
            var quiet = logger
            quiet.logLevel = .error
            let serviceGroup = ServiceGroup(
                configuration: .init(
                    services: services.map {
                        .init(
                            service: $0,
                            successTerminationBehavior: .gracefullyShutdownGroup,
                            // Not cancelled: the admin server has to end its connections in order.
                            failureTerminationBehavior: .gracefullyShutdownGroup
                        )
                    },
                    logger: quiet
                )
            )
            let listening = Task { await Self.listen(to: signals, bridge, reloader, serviceGroup, logger) }
            let reloading = Task { await reloader.run() }
            defer {
                listening.cancel()
                reloading.cancel()
            }
            try await serviceGroup.run()
            await supervision.end()
            try await group.shutdownGracefully()
        } catch let error as SinkError {
            Self.complain(error)
            throw Exit.output
        } catch let error as Bridge.StartError {
            Self.complain("gave up after \(Self.startLimit.nanoseconds / 1_000_000_000) s: \(error)")
            throw Exit.unavailable
        } catch let error as AdminServerError {
            Self.complain(error)
            throw Exit.output
        }
    }

    /// The admin server's place, and what loads the configuration again: each wants to know the other.
    private func operations(
        _ configuration: Configuration,
        _ bridge: Bridge,
        _ supervision: Supervision,
        _ log: LogChoice,
        _ logger: Logger
    ) throws -> (AdminService, Reloader) {
        let admin = AdminService(logger: logger)
        let reloader = Reloader(
            path: self.file.config,
            configuration: configuration,
            bridge: bridge,
            admin: admin,
            log: log,
            notifier: supervision.notifier,
            logger: logger
        )
        if var server = try reloader.adminServer(configuration) {
            server.onOpen = { supervision.opened() }
            admin.begin(with: server)
        }
        return (admin, reloader)
    }

    /// Says what ended the daemon, behind the lines of the log.
    private static func complain(_ what: Any) {
        LineOutput.standardError.write(complaint("stan-bridged: \(what)")) { "\($0) lines of the log were left out here" }
    }

    /// SIGHUP has the configuration loaded again, SIGUSR1 has files opened again. Of the others, the first asks for an orderly end;
    /// whoever sends a second one does not want to wait for it.
    private static func listen(
        to signals: UnixSignalsSequence,
        _ bridge: Bridge,
        _ reloader: Reloader,
        _ serviceGroup: ServiceGroup,
        _ logger: Logger
    ) async {
        var isStopping = false
        for await signal in signals {
            if signal == .sighup {
                reloader.requestReload()
                continue
            }
            if signal == .sigusr1 {
                logger.info("opening files again, by SIGUSR1")
                bridge.reopenFiles()
                continue
            }
            if isStopping {
                logger.warning("stopped at once, by a second signal; what was not acked is delivered again after the next start")
                LineOutput.standardError.flush(milliseconds: 100)
                _exit(0)
            }
            isStopping = true
            await serviceGroup.triggerGracefulShutdown()
        }
    }
}
