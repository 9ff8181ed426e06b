import Delivery
import Logging
import NATSTransport
import NIOCore
import StanCore

/// Keeps a STAN session for the routes, whatever happens to the one before. Lives on the event loop.
///
/// A lost NATS connection is none of its business: the connection comes back by itself, and the session with it. When the session
/// is lost, a new one with the same client id is made, and every route subscribes in it again.
final class SessionSupervisor: NATSConnectionObserver {
    /// What the outside wants to know.
    struct Status: Sendable {
        var isConnected = false
        var hasSession = false
        var reconnects: UInt64 = 0
        /// Why there is no session, when there is none.
        var trouble: String?
    }

    private let nats: NATSConnection
    private let configuration: StanConfiguration
    private var routes: [RouteRunner] = []
    private var subscribings: [RouteSubscribing] = []
    private let eventLoop: any EventLoop
    private let logger: Logger

    private var session: StanSession?
    private var sessionTimer: Scheduled<Void>?
    private var isStopping = false
    private var hadSession = false
    /// How often in a row a session could not be made, or a server not be reached.
    private var failures: UInt32 = 0
    /// How often in a row a session was lost soon after it had been made.
    private var shortSessions: UInt32 = 0
    private var sessionSince = NIODeadline.now()
    private var serverErrors = FailureSummary()
    private var generator = SystemRandomNumberGenerator()
    private(set) var status = Status()

    /// The pauses between attempts to make a session: soon at first, since after a restart a server needs a moment, and never long.
    private static let pauses = RetrySchedule(initial: .milliseconds(250), maximum: .seconds(10))

    /// A session that is lost within this time may be lost as soon again: the next one is made after a pause.
    private static let shortSession = TimeAmount.seconds(10)

    init(
        nats: NATSConnection,
        configuration: StanConfiguration,
        routes: [RouteRunner],
        logger: Logger
    ) {
        self.nats = nats
        self.eventLoop = nats.eventLoop
        self.configuration = configuration
        self.logger = logger
        for route in routes { self.add(route) }
    }

    /// The route subscribes in this session, or in the next one.
    func add(_ route: RouteRunner) {
        let subscribing = RouteSubscribing(route: route, nats: self.nats) { [weak self] in self?.found($0, in: $1) }
        self.routes.append(route)
        self.subscribings.append(subscribing)
        if self.status.hasSession, let session = self.session { subscribing.begin(in: session) }
    }

    /// The route's subscription ends; its durable stays.
    ///
    /// - Returns: when the server has answered, or cannot any more.
    func remove(_ route: RouteRunner) -> EventLoopFuture<Void> {
        if let index = self.routes.firstIndex(where: { $0 === route }) {
            self.subscribings.remove(at: index).end()
            self.routes.remove(at: index)
        }
        return route.endSubscription()
    }

    func start() {
        self.nats.addObserver(self)
        self.nats.start()
    }

    /// The session, while messages can be published in it.
    var openSession: StanSession? {
        guard let session = self.session, session.isOpen, self.nats.isConnected, !self.isStopping else { return nil }
        return session
    }

    /// What is in the way of being ready, if anybody has said.
    var trouble: String? {
        self.status.trouble
            ?? self.routes.lazy.compactMap { route in route.trouble.map { "route \(route.settings.name): \($0)" } }.first
    }

    var isReady: Bool { self.session != nil && self.nats.isConnected && self.routes.allSatisfy(\.isSubscribed) }

    // MARK: NATS

    func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        self.status.isConnected = true
        self.status.trouble = nil
        self.failures = 0
        self.logger.info("connected to NATS", metadata: [LogKey.server: "\(server)", "version": "\(info.version)"])
        if self.session == nil {
            self.makeSession()
        } else {
            self.status.reconnects += 1
            for route in self.routes { route.connectionChanged(isConnected: true) }
            for subscribing in self.subscribings { subscribing.connectionCame() }
        }
    }

    func natsDisconnected(from server: NATSServerAddress, error: NATSError) {
        self.status.isConnected = false
        guard !self.isStopping else { return }
        self.status.trouble = error.description
        self.logger.warning(
            "the connection to NATS was lost; reconnecting. Deliveries go on, their acks are sent when it is back",
            metadata: [LogKey.server: "\(server)", LogKey.error: "\(error)"]
        )
        for route in self.routes { route.connectionChanged(isConnected: false) }
    }

    func natsConnectFailed(to server: NATSServerAddress, error: NATSError) {
        self.status.trouble = error.description
        self.failures += 1
        let level: Logger.Level = error.isAuthorizationFailure ? .error : .warning
        self.logAttempt(level, "could not connect to NATS; trying again", [LogKey.server: "\(server)", LogKey.error: "\(error)"])
    }

    func natsServerError(_ error: NATSServerError) {
        let text: Logger.Message = "the NATS server refused something that the bridge needs"
        switch self.serverErrors.failed(now: .now()) {
        case .began: self.logger.error(text, metadata: [LogKey.error: "\(error.text)"])
        case .continues(let count): self.logger.error(text, metadata: [LogKey.error: "\(error.text)", "refusals": "\(count)"])
        case .recovered, nil: self.logger.debug(text, metadata: [LogKey.error: "\(error.text)"])
        }
    }

    // MARK: Session

    private func makeSession() {
        guard !self.isStopping, self.session == nil, self.nats.isConnected else { return }
        self.sessionTimer?.cancel()
        let session = StanSession(nats: self.nats, configuration: self.configuration, logger: self.logger)
        self.session = session
        session.onLost = { [weak self] in self?.sessionLost($0) }
        session.connect().assumeIsolated().whenComplete { result in
            guard self.session === session, !self.isStopping else { return }
            switch result {
            case .success: self.sessionMade(session)
            case .failure(let error): self.sessionRefused(error as? StanError ?? StanError(.nats, "\(error)"))
            }
        }
    }

    private func sessionMade(_ session: StanSession) {
        if self.hadSession { self.status.reconnects += 1 }
        self.hadSession = true
        self.sessionSince = .now()
        self.status.hasSession = true
        self.status.trouble = nil
        self.logger.info("STAN session established", metadata: self.identity)
        self.failures = 0
        for subscribing in self.subscribings { subscribing.begin(in: session) }
    }

    private var identity: Logger.Metadata {
        ["cluster": "\(self.configuration.clusterID)", "client": "\(self.configuration.clientID)"]
    }

    private func sessionRefused(_ error: StanError) {
        self.session = nil
        self.status.trouble = error.description
        self.failures += 1
        let text: Logger.Message =
            switch error.code {
            case .clientIDInUse:
                """
                the STAN server knows another live client with our client id, one that answers it; trying again until it is gone. \
                If it is no instance that is being replaced, stop it or give this one another stan.client_id
                """
            case .connectTimeout:
                "no STAN server answers for the cluster id; trying again. Either it is down, or stan.cluster_id is wrong"
            case .nats:
                "the STAN session could not be made, for the connection to NATS was lost; trying again when it is back"
            default:
                "the STAN server refused the session; trying again"
            }
        self.logAttempt(.warning, text, self.identity.merging([LogKey.error: "\(error)"]) { $1 })
        self.retrySession(in: Self.pauses.delay(after: self.failures, using: &self.generator))
    }

    private func sessionLost(_ error: StanError) {
        self.letGoOfSession()
        self.status.trouble = error.description
        self.shortSessions = NIODeadline.now() - self.sessionSince < Self.shortSession ? self.shortSessions + 1 : 0
        self.logger.warning(
            """
            the STAN session was lost; making a new one. Deliveries go on; the server sends what is not acked again, \
            and what was delivered meanwhile is acked then
            """,
            metadata: [LogKey.error: "\(error)", LogKey.reason: "\(Self.meaning(of: error))"]
        )
        if error.loss == .pingsUnanswered {
            // Nothing comes through any more: the socket may be dead without knowing it.
            self.nats.reconnect(because: .stale)
        }
        let pause = self.shortSessions == 0 ? .zero : Self.pauses.delay(after: self.shortSessions, using: &self.generator)
        self.retrySession(in: pause)
    }

    private static func meaning(of error: StanError) -> String {
        switch error.loss {
        case .pingsUnanswered:
            "nothing comes through any more: the server hangs, or the connection is dead; NATS is connected anew"
        case .serverAway: "the connection to NATS works, and no STAN server listens: it is down, or has no leader"
        case .forgotten:
            "the server does not know it any more: it has restarted without it, or somebody else has taken the client id"
        default: "the connection to NATS has ended"
        }
    }

    private func letGoOfSession() {
        self.session = nil
        self.status.hasSession = false
        for subscribing in self.subscribings { subscribing.end() }
        for route in self.routes { route.sessionLost() }
    }

    private func retrySession(in pause: TimeAmount) {
        guard !self.isStopping else { return }
        self.sessionTimer?.cancel()
        self.sessionTimer = self.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in self?.makeSession() }
    }

    // MARK: Routes

    private func found(_ finding: RouteSubscribing.Finding, in session: StanSession) {
        guard self.session === session, !self.isStopping else { return }
        switch finding {
        case .sessionLost(let error):
            session.abandon()
            self.sessionLost(error)
        case .sessionInTheWay:
            self.renewSession(session)
        }
    }

    /// With a session the server ends all of its subscriptions, those included that nobody here knows of.
    private func renewSession(_ session: StanSession) {
        self.logger.warning("the STAN session is closed, and a new one made, to free what the server keeps of it")
        session.onLost = nil
        self.letGoOfSession()
        session.close().assumeIsolated().whenComplete { _ in self.retrySession(in: .zero) }
    }

    // MARK: Helpers

    /// The first failures in a row, then every twentieth: nobody reads the same line every few seconds.
    private func logAttempt(_ level: Logger.Level, _ text: Logger.Message, _ metadata: Logger.Metadata) {
        let level = self.failures <= 3 || self.failures.isMultiple(of: 20) ? level : .debug
        var metadata = metadata
        metadata["attempts"] = "\(self.failures)"
        self.logger.log(level: level, text, metadata: metadata)
    }

    // MARK: End

    /// Closes the session, which keeps the durables, and then NATS. What was written before, acks above all, goes out first.
    func stop() -> EventLoopFuture<Void> {
        self.isStopping = true
        self.sessionTimer?.cancel()
        for subscribing in self.subscribings { subscribing.end() }
        guard let session = self.session, session.isOpen, self.nats.isConnected else {
            self.session?.abandon()
            self.nats.close()
            return self.eventLoop.makeSucceededVoidFuture()
        }
        let promise = self.eventLoop.makePromise(of: Void.self)
        session.close().assumeIsolated().whenComplete { result in
            if case .failure(let error) = result {
                self.logger.warning(
                    "the STAN server did not confirm the end of the session",
                    metadata: [LogKey.error: "\(error)"]
                )
            }
            self.session = nil
            self.nats.close()
            promise.succeed()
        }
        return promise.futureResult
    }
}
