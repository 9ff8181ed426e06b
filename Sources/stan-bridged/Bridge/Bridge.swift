import Delivery
import Logging
import NATSTransport
import NIOCore
import ServiceLifecycle
import StanCore
import Synchronization

/// The whole bridge as a service: it opens the sinks, keeps the session, runs the routes, and ends them in order.
final class Bridge: Service {
    struct Settings: Sendable {
        var nats: NATSConfiguration
        var stan: StanConfiguration
        var routes: [Route]
        var sinks: [any Sink]
        /// What the HTTP sinks share, if there are any.
        var engine: CurlEngine?
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
    typealias Journal = (journal: RouteJournal, memory: RouteMemory)

    /// How the bridge stands, for readiness, metrics and status.
    struct Status: Sendable {
        var session: SessionSupervisor.Status
        var isReady: Bool
        var routes: [RouteStatus]
        /// By the names of the sinks.
        var sinks: [String: SinkCondition] = [:]
        var reloads = Reloads()
        /// Why no lag is known, where it was asked for.
        var lagTrouble: String?
        /// When the daemon was started: nanoseconds since the Unix epoch.
        var startedAt: Int64 = 0
    }

    /// What lives on the event loop.
    final class Core {
        let supervisor: SessionSupervisor
        var routes: [RouteRunner]
        var upkeep: RepeatedTask?

        init(supervisor: SessionSupervisor, routes: [RouteRunner]) {
            self.supervisor = supervisor
            self.routes = routes
        }
    }

    /// What changes when the configuration does.
    struct State {
        var settings: Settings
        var journalWriter: JournalWriter?
        /// By the names of routes.
        var journals: [String: RouteJournal] = [:]
    }

    let state: Mutex<State>
    let eventLoop: any EventLoop
    let logger: Logger
    let core: NIOLoopBoundBox<Core?>
    private let observer: BridgeObserver
    private let eventLoopPulse = Pulse()

    /// Changes of the configuration, one after the other.
    private let changes = WorkInLine()
    private let stopping = Atomic<Bool>(false)

    init(settings: Settings, eventLoop: any EventLoop, observer: BridgeObserver = BridgeObserver(), logger: Logger) {
        self.observer = observer
        self.state = Mutex(State(settings: settings))
        self.eventLoop = eventLoop
        self.logger = logger
        self.core = NIOLoopBoundBox.makeEmptyBox(valueType: Core.self, eventLoop: eventLoop)
    }

    var settings: Settings { self.state.withLock { $0.settings } }

    /// Whether the graceful shutdown has been asked for.
    var isStopping: Bool { self.stopping.load(ordering: .acquiring) }

    /// Runs until the graceful shutdown is asked for.
    ///
    /// - Throws: ``SinkError`` when a sink's output cannot be used, ``StartError`` when the server cannot be had in time.
    func run() async throws {
        try await self.open()
        self.eventLoopPulse.start()
        self.observer.opened()
        let trouble = await self.startTrouble()
        if trouble == nil {
            await withGracefulShutdownHandler {
                await self.changes.run()
            } onGracefulShutdown: {
                self.stopping.store(true, ordering: .releasing)
                self.changes.finish()
            }
        }
        self.changes.finish()
        self.observer.stopping(self.settings.shutdownTimeout)
        await self.stop(because: "stopping")
        if let trouble { throw StartError(description: trouble) }
    }

    /// Has something done in line with changes of the configuration.
    ///
    /// - Returns: false when the bridge stops, and it will not be done.
    func change(_ body: @escaping @Sendable () async -> Void) async -> Bool {
        await self.changes.add(body) != nil
    }

    /// Opens the outputs, and begins.
    func open() async throws {
        let settings = self.settings
        if let problem = await self.open(settings.sinks) { throw problem }
        self.state.withLock { $0.journalWriter = settings.stateDirectory.map { _ in JournalWriter() } }
        var journals: [String: Journal] = [:]
        for route in settings.routes { journals[route.name] = try self.openJournal(of: route) }
        let opened = journals
        try await self.eventLoop.submit { self.start(settings, opened) }.get()
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

    /// - Returns: nil where there is none: without a durable name a restart starts over, and there is nothing to remember.
    func openJournal(of route: Settings.Route) throws(SinkError) -> Journal? {
        let (settings, writer) = self.state.withLock { ($0.settings, $0.journalWriter) }
        guard let directory = settings.stateDirectory, let writer, route.subscription.durableName != nil else { return nil }
        var logger = self.logger
        logger[metadataKey: LogKey.route] = "\(route.name)"
        do throws(JournalError) {
            let journal = try RouteJournal.open(
                directory: directory + "/journal",
                identity: settings.identity(of: route),
                writer: writer,
                logger: logger
            )
            self.state.withLock { $0.journals[route.name] = journal.journal }
            return journal
        } catch {
            throw SinkError("route \(route.name): \(error)")
        }
    }

    func closeJournal(of route: String) async {
        await self.state.withLock { $0.journals.removeValue(forKey: route) }?.close()
    }

    private func start(_ settings: Settings, _ journals: [String: Journal]) {
        let nats = NATSConnection(configuration: settings.nats, on: self.eventLoop, logger: self.logger)
        let routes = settings.routes.map { self.runner(of: $0, in: settings, journals[$0.name]) }
        let supervisor = SessionSupervisor(
            nats: nats,
            configuration: settings.stan,
            routes: routes,
            logger: self.logger
        )
        for case let sink as StanSink in settings.sinks { sink.attach(to: supervisor) }
        let core = Core(supervisor: supervisor, routes: routes)
        core.upkeep = self.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(10), delay: .seconds(10)) { _ in
            for route in self.core.value?.routes ?? [] { route.forget() }
        }
        self.core.value = core
        supervisor.start()
    }

    func runner(of route: Settings.Route, in settings: Settings, _ journal: Journal?) -> RouteRunner {
        RouteRunner(
            settings: settings.route(route),
            context: settings.context(of: route),
            journal: journal?.journal,
            memory: journal?.memory ?? RouteMemory(),
            eventLoop: self.eventLoop,
            logger: self.logger
        )
    }

    /// Has files opened again that others have given another name.
    func reopenFiles() {
        for sink in self.settings.sinks { sink.reopen() }
    }

    /// Stops receiving, lets sinks finish what they have in hand, acks it, and closes the session: in this order, and bounded.
    func stop(because what: String) async {
        let settings = self.settings
        self.logger.info(
            "\(what): finishing what is in delivery",
            metadata: ["at_most": "\(settings.shutdownTimeout.seconds)s"]
        )
        await self.drain(settings, until: .now() + settings.shutdownTimeout)
        let unacked = try? await self.eventLoop.flatSubmit {
            let core = self.core.value
            core?.upkeep?.cancel()
            let held = core?.routes.reduce(0) { $0 + $1.held + $1.owedAcks } ?? 0
            let stopped = core?.supervisor.stop() ?? self.eventLoop.makeSucceededVoidFuture()
            return stopped.map { held }
        }.get()
        for sink in settings.sinks { await sink.close() }
        await settings.engine?.shutdown()
        try? await self.eventLoop.submit { self.core.value = nil }.get()
        let (journals, writer) = self.state.withLock { state in
            defer {
                state.journals = [:]
                state.journalWriter = nil
            }
            return (state.journals, state.journalWriter)
        }
        for journal in journals.values { await journal.close() }
        await writer?.close()
        self.logger.notice("stopped", metadata: ["unacked": "\(unacked ?? 0)"])
    }

    private func drain(_ settings: Settings, until deadline: NIODeadline) async {
        let done = self.eventLoop.makePromise(of: Void.self)
        for sink in settings.sinks { sink.drain() }
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

    /// The threads that have to come round for messages to be delivered.
    var threads: [ThreadProbe] {
        let eventLoop = ThreadProbe(name: "event loop", pulse: self.eventLoopPulse) {
            self.eventLoop.execute { self.eventLoopPulse.beat() }
        }
        let (settings, writer) = self.state.withLock { ($0.settings, $0.journalWriter) }
        let others = [settings.engine?.probe, writer?.probe] + settings.sinks.map(\.probe)
        return [eventLoop] + others.compactMap { $0 }
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

extension Bridge.Settings {
    func route(_ route: Route) -> RouteSettings {
        RouteSettings(
            name: route.name,
            channel: route.channel,
            subscription: route.subscription,
            retry: route.retry,
            maxAttempts: route.maxAttempts,
            ordering: route.ordering,
            isWanted: route.isWanted,
            sinks: route.to.map { self.sinks[$0] },
            deadLetter: route.deadLetter.map { self.sinks[$0] },
            lossNoticedAfter: self.stan.lossNoticedAfter
        )
    }

    func context(of route: Route) -> RouteContext {
        RouteContext(
            route: route.name,
            channel: route.channel,
            cluster: self.stan.clusterID,
            clientID: self.stan.clientID,
            sinkNames: route.to.map { self.sinks[$0].name }
        )
    }

    func identity(of route: Route) -> JournalIdentity {
        JournalIdentity(
            route: route.name,
            cluster: self.stan.clusterID,
            channel: route.channel,
            clientID: self.stan.clientID,
            durableName: route.subscription.durableName,
            queue: route.subscription.queueGroup,
            sinks: route.to.map { self.sinks[$0].name },
            deadLetter: route.deadLetter.map { self.sinks[$0].name }
        )
    }
}

extension StanConfiguration {
    /// How long a session that is over can look alive: as many pings as may be unanswered, and one more.
    fileprivate var lossNoticedAfter: TimeAmount { self.pingInterval * (self.pingMaxOut + 1) }
}
