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

    func run() async throws {
        DescriptorLimit.raise()
        // What `systemctl reload` sends must not kill the daemon. It has nothing to do yet.
        signal(SIGHUP, SIG_IGN)
        // Caught from the beginning, and by one listener only: with a second one, each might see some of the signals.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sigusr1)
        let (configuration, alarms) = try self.file.loadForRunning()
        let logger = Wiring.logger(configuration.log)
        for alarm in alarms { logger.warning("\(alarm.path): \(alarm.message)", metadata: ["config": "\(self.file.config)"]) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let bridge = try Wiring.bridge(
                configuration,
                startLimit: self.exitOnConnectFailure ? Self.startLimit : nil,
                eventLoop: group.next(),
                logger: logger
            )
            var services: [any Service] = [bridge]
            if let admin = configuration.admin {
                services.append(Wiring.admin(admin, bridge: bridge, logger: logger))
            }
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
            let listening = Task { await Self.listen(to: signals, bridge, serviceGroup, logger) }
            defer { listening.cancel() }
            try await serviceGroup.run()
            try await group.shutdownGracefully()
        } catch let error as SinkError {
            complain("stan-bridged: \(error)")
            throw Exit.output
        } catch let error as Bridge.StartError {
            complain("stan-bridged: gave up after \(Self.startLimit.nanoseconds / 1_000_000_000) s: \(error)")
            throw Exit.unavailable
        } catch let error as AdminServerError {
            complain("stan-bridged: \(error)")
            throw Exit.output
        }
    }

    /// SIGUSR1 has files opened again. Of the others, the first asks for an orderly end; whoever sends a second one does not want to
    /// wait for it.
    private static func listen(
        to signals: UnixSignalsSequence,
        _ bridge: Bridge,
        _ serviceGroup: ServiceGroup,
        _ logger: Logger
    ) async {
        var isStopping = false
        for await signal in signals {
            if signal == .sigusr1 {
                logger.info("opening files again, by SIGUSR1")
                bridge.reopenFiles()
                continue
            }
            if isStopping {
                logger.warning("stopped at once, by a second signal; what was not acked is delivered again after the next start")
                _exit(0)
            }
            isStopping = true
            await serviceGroup.triggerGracefulShutdown()
        }
    }
}
