import Delivery
import Logging
import NATSTransport
import NIOCore
import ServiceLifecycle
import StanCore

/// The whole bridge as a service: it opens the sinks, keeps the session, runs the routes, and ends them in order.
final class Bridge: Service {
    struct Settings: Sendable {
        var nats: NATSConfiguration
        var stan: StanConfiguration
        var routes: [Route]
        var sinks: [any Sink]
        var shutdownTimeout: TimeAmount

        /// Where delivery journals lie; nil: there are none.
        var stateDirectory: String?

        /// Within which time of the start every route has to be subscribed, lest the bridge end; nil: it goes on trying for ever.
        var startLimit: TimeAmount?

        struct Route: Sendable {
            var name: String
            var channel: String
            var subscription: StanSubscriptionOptions
            var retry: RetrySchedule
            /// 0 is for ever.
            var maxAttempts: UInt32
            var ordering: RouteLedger.Ordering
            /// nil: all messages.
            var isWanted: (@Sendable (ByteBuffer) -> Bool)?
            /// Indices of `sinks`.
            var to: [Int]
            var deadLetter: Int?
        }
    }

    /// A route's journal, and what it remembers.
    private typealias Journal = (journal: RouteJournal, memory: RouteMemory)

    /// How the bridge stands, for readiness, metrics and status.
    struct Status: Sendable {
        var session: SessionSupervisor.Status
        var isReady: Bool
        var routes: [RouteStatus]
        /// By the names of the sinks.
        var sinks: [String: SinkCondition] = [:]
        /// Why no lag is known, where it was asked for.
        var lagTrouble: String?
        /// When the daemon was started: nanoseconds since the Unix epoch.
        var startedAt: Int64 = 0
    }

    /// What lives on the event loop.
    private final class Core {
        let supervisor: SessionSupervisor
        let routes: [RouteRunner]
        var upkeep: RepeatedTask?

        init(supervisor: SessionSupervisor, routes: [RouteRunner]) {
            self.supervisor = supervisor
            self.routes = routes
        }
    }

    let settings: Settings
    /// What the HTTP sinks share, if there are any.
    private let engine: CurlEngine?
    private let journalWriter: JournalWriter?
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let core: NIOLoopBoundBox<Core?>

    init(settings: Settings, engine: CurlEngine?, eventLoop: any EventLoop, logger: Logger) {
        self.settings = settings
        self.engine = engine
        self.journalWriter = settings.stateDirectory.map { _ in JournalWriter() }
        self.eventLoop = eventLoop
        self.logger = logger
        self.core = NIOLoopBoundBox.makeEmptyBox(valueType: Core.self, eventLoop: eventLoop)
    }

    /// Runs until the graceful shutdown is asked for.
    ///
    /// - Throws: ``SinkError`` when a sink's output cannot be used, ``StartError`` when the server cannot be had in time.
    func run() async throws {
        for sink in self.settings.sinks {
            do throws(SinkError) {
                try sink.open()
            } catch {
                throw SinkError("sink \(sink.name): \(error)")
            }
        }
        let journals = try self.openJournals()
        try await self.eventLoop.submit { self.start(journals) }.get()
        let trouble = await self.startTrouble()
        if trouble == nil { try? await gracefulShutdown() }
        await self.stop()
        for (journal, _) in journals.values { await journal.close() }
        await self.journalWriter?.close()
        if let trouble { throw StartError(description: trouble) }
    }

    /// The server said no for good, as far as one wanted to wait.
    struct StartError: Error, CustomStringConvertible {
        let description: String
    }

    /// Waits until every route is subscribed, where that has to be soon.
    ///
    /// - Returns: what is in the way when the time is over.
    private func startTrouble() async -> String? {
        guard let limit = self.settings.startLimit else { return nil }
        let done = self.eventLoop.makePromise(of: String?.self)
        return await withGracefulShutdownHandler {
            self.eventLoop.execute { self.completeWhenReady(done, deadline: .now() + limit) }
            return (try? await done.futureResult.get()) ?? nil
        } onGracefulShutdown: {
            done.succeed(nil)
        }
    }

    private func completeWhenReady(_ promise: EventLoopPromise<String?>, deadline: NIODeadline) {
        guard let supervisor = self.core.value?.supervisor, !supervisor.isReady else { return promise.succeed(nil) }
        guard NIODeadline.now() < deadline else {
            return promise.succeed(supervisor.trouble ?? "the STAN server has not answered")
        }
        // A look now and then, only at the start, and for every way in which it can come to be ready.
        _ = self.eventLoop.scheduleTask(in: .milliseconds(50)) { self.completeWhenReady(promise, deadline: deadline) }
    }

    /// - Returns: by the name of the route. Without a durable name a restart starts over, and there is nothing to remember.
    private func openJournals() throws(SinkError) -> [String: Journal] {
        guard let directory = self.settings.stateDirectory, let writer = self.journalWriter else { return [:] }
        var journals: [String: Journal] = [:]
        for route in self.settings.routes where route.subscription.durableName != nil {
            var logger = self.logger
            logger[metadataKey: LogKey.route] = "\(route.name)"
            do throws(JournalError) {
                journals[route.name] = try RouteJournal.open(
                    directory: directory + "/journal",
                    identity: self.identity(of: route),
                    writer: writer,
                    logger: logger
                )
            } catch {
                throw SinkError("route \(route.name): \(error)")
            }
        }
        return journals
    }

    private func identity(of route: Settings.Route) -> JournalIdentity {
        JournalIdentity(
            route: route.name,
            cluster: self.settings.stan.clusterID,
            channel: route.channel,
            clientID: self.settings.stan.clientID,
            durableName: route.subscription.durableName,
            queue: route.subscription.queueGroup,
            sinks: route.to.map { self.settings.sinks[$0].name },
            deadLetter: route.deadLetter.map { self.settings.sinks[$0].name }
        )
    }

    private func start(_ journals: [String: Journal]) {
        let nats = NATSConnection(configuration: self.settings.nats, on: self.eventLoop, logger: self.logger)
        let routes = self.settings.routes.map { route in
            RouteRunner(
                settings: RouteSettings(
                    name: route.name,
                    channel: route.channel,
                    subscription: route.subscription,
                    retry: route.retry,
                    maxAttempts: route.maxAttempts,
                    ordering: route.ordering,
                    isWanted: route.isWanted,
                    sinks: route.to.map { self.settings.sinks[$0] },
                    deadLetter: route.deadLetter.map { self.settings.sinks[$0] },
                    lossNoticedAfter: self.settings.stan.lossNoticedAfter
                ),
                context: RouteContext(
                    route: route.name,
                    channel: route.channel,
                    cluster: self.settings.stan.clusterID,
                    clientID: self.settings.stan.clientID,
                    sinkNames: route.to.map { self.settings.sinks[$0].name }
                ),
                journal: journals[route.name]?.journal,
                memory: journals[route.name]?.memory ?? RouteMemory(),
                eventLoop: self.eventLoop,
                logger: self.logger
            )
        }
        let supervisor = SessionSupervisor(
            nats: nats,
            configuration: self.settings.stan,
            routes: routes,
            logger: self.logger
        )
        for case let sink as StanSink in self.settings.sinks { sink.attach(to: supervisor) }
        let core = Core(supervisor: supervisor, routes: routes)
        core.upkeep = self.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(10), delay: .seconds(10)) { _ in
            for route in self.core.value?.routes ?? [] { route.forget() }
        }
        self.core.value = core
        supervisor.start()
    }

    /// Has files opened again that others have given another name.
    func reopenFiles() {
        for sink in self.settings.sinks { sink.reopen() }
    }

    /// Stops receiving, lets sinks finish what they have in hand, acks it, and closes the session: in this order, and bounded.
    private func stop() async {
        self.logger.info(
            "stopping: finishing what is in delivery",
            metadata: ["at_most": "\(self.settings.shutdownTimeout.seconds)s"]
        )
        let deadline = NIODeadline.now() + self.settings.shutdownTimeout
        await self.drain(until: deadline)
        let unacked = try? await self.eventLoop.flatSubmit {
            let core = self.core.value
            core?.upkeep?.cancel()
            let held = core?.routes.reduce(0) { $0 + $1.held + $1.owedAcks } ?? 0
            let stopped = core?.supervisor.stop() ?? self.eventLoop.makeSucceededVoidFuture()
            return stopped.map { held }
        }.get()
        for sink in self.settings.sinks { await sink.close() }
        await self.engine?.shutdown()
        try? await self.eventLoop.submit { self.core.value = nil }.get()
        self.logger.notice("stopped", metadata: ["unacked": "\(unacked ?? 0)"])
    }

    private func drain(until deadline: NIODeadline) async {
        let done = self.eventLoop.makePromise(of: Void.self)
        for sink in self.settings.sinks { sink.drain() }
        self.eventLoop.execute {
            for route in self.core.value?.routes ?? [] { route.beginDraining() }
            self.completeWhenDrained(done, deadline: deadline)
        }
        try? await done.futureResult.get()
    }

    private func completeWhenDrained(_ promise: EventLoopPromise<Void>, deadline: NIODeadline, isWaitingForServer: Bool = false) {
        let inDelivery = self.core.value?.routes.reduce(0) { $0 + $1.inDelivery } ?? 0
        let owed = self.core.value?.routes.reduce(0) { $0 + $1.unrecordedAcks } ?? 0
        guard inDelivery + owed > 0, NIODeadline.now() < deadline else { return promise.succeed() }
        let isWaiting = inDelivery == 0
        if isWaiting, !isWaitingForServer {
            self.logger.warning(
                """
                waiting for the server to take the acks of what has been delivered; what it does not take in time is delivered \
                again after the next start
                """,
                metadata: ["acks": "\(owed)"]
            )
        }
        // A look every few milliseconds, only while stopping, and for every reason for which a delivery may end.
        _ = self.eventLoop.scheduleTask(in: .milliseconds(5)) {
            self.completeWhenDrained(promise, deadline: deadline, isWaitingForServer: isWaiting || isWaitingForServer)
        }
    }

    /// How everything stands at the moment.
    func status() async -> Status {
        let status = try? await self.eventLoop.submit {
            self.core.value.map { core in
                Status(session: core.supervisor.status, isReady: core.supervisor.isReady, routes: core.routes.map(\.status))
            }
        }.get()
        var result = (status ?? nil) ?? Status(session: .init(), isReady: false, routes: [])
        for sink in self.settings.sinks { result.sinks[sink.name] = sink.condition }
        return result
    }
}

extension TimeAmount {
    fileprivate var seconds: Double { Double(self.nanoseconds) / 1e9 }
}

extension StanConfiguration {
    /// How long a session that is over can look alive: as many pings as may be unanswered, and one more.
    fileprivate var lossNoticedAfter: TimeAmount { self.pingInterval * (self.pingMaxOut + 1) }
}
