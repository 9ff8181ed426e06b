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
    private let routes: [RouteRunner]
    private let eventLoop: any EventLoop
    private let logger: Logger

    private var session: StanSession?
    private var sessionTimer: Scheduled<Void>?
    private var isStopping = false
    private var hadSession = false
    /// How often in a row a session could not be made, or a server not be reached.
    private var failures = 0
    private var generator = SystemRandomNumberGenerator()
    private(set) var status = Status()

    /// The pauses between attempts to make a session or to subscribe: soon at first, since after a restart a server needs a
    /// moment, and never long.
    private static let firstPause = TimeAmount.milliseconds(250)
    private static let longestPause = TimeAmount.seconds(10)

    init(
        nats: NATSConnection,
        configuration: StanConfiguration,
        routes: [RouteRunner],
        logger: Logger
    ) {
        self.nats = nats
        self.eventLoop = nats.eventLoop
        self.configuration = configuration
        self.routes = routes
        self.logger = logger
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

    var isReady: Bool { self.session != nil && self.nats.isConnected && self.routes.allSatisfy(\.isSubscribed) }

    // MARK: NATS

    func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        self.status.isConnected = true
        self.failures = 0
        self.logger.info("connected to NATS", metadata: [LogKey.server: "\(server)", "version": "\(info.version)"])
        if self.session == nil {
            self.makeSession()
        } else {
            self.status.reconnects += 1
            for route in self.routes { route.connectionChanged(isConnected: true) }
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
        self.logger.error("the NATS server refused something that the bridge needs", metadata: [LogKey.error: "\(error.text)"])
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
        self.failures = 0
        if self.hadSession { self.status.reconnects += 1 }
        self.hadSession = true
        self.status.hasSession = true
        self.status.trouble = nil
        self.logger.info(
            "STAN session established",
            metadata: ["cluster": "\(self.configuration.clusterID)", "client": "\(self.configuration.clientID)"]
        )
        for route in self.routes { self.subscribe(route, in: session, attempt: 1) }
    }

    private func sessionRefused(_ error: StanError) {
        self.session = nil
        self.status.trouble = error.description
        self.failures += 1
        let text: Logger.Message =
            switch error.code {
            case .clientIDInUse:
                """
                the STAN server knows another live client with our client id; trying again until it is gone. If it is no \
                instance that is being replaced, give this one another client_id
                """
            case .connectTimeout:
                "no STAN server answers for the cluster id; trying again. Either it is down, or stan.cluster_id is wrong"
            default:
                "the STAN server refused the session; trying again"
            }
        self.logAttempt(.warning, text, [LogKey.error: "\(error)", "cluster": "\(self.configuration.clusterID)"])
        self.retrySession()
    }

    private func sessionLost(_ error: StanError) {
        self.session = nil
        self.status.hasSession = false
        self.status.trouble = error.description
        for route in self.routes { route.sessionLost() }
        self.logger.warning(
            """
            the STAN session was lost; making a new one. Deliveries go on; the server sends what is not acked again, \
            and what was delivered meanwhile is acked then
            """,
            metadata: [LogKey.error: "\(error)"]
        )
        if error.loss == .pingsUnanswered {
            // Nothing comes through any more: the socket may be dead without knowing it.
            self.nats.reconnect(because: .stale)
        }
        self.retrySession()
    }

    private func retrySession() {
        guard !self.isStopping else { return }
        self.sessionTimer?.cancel()
        self.sessionTimer = self.eventLoop.assumeIsolated().scheduleTask(in: self.pause(self.failures)) { [weak self] in
            self?.makeSession()
        }
    }

    // MARK: Routes

    private func subscribe(_ route: RouteRunner, in session: StanSession, attempt: Int) {
        guard self.session === session, !self.isStopping else { return }
        session.subscribe(to: route.settings.channel, options: route.settings.subscription, subscriber: route) { result in
            guard self.session === session else { return }
            switch result {
            case .success(let subscription):
                route.subscribed(subscription)
                self.logger.info(
                    "subscribed",
                    metadata: [LogKey.route: "\(route.settings.name)", LogKey.channel: "\(route.settings.channel)"]
                )
            case .failure(let error) where error.code == .connectionLost:
                session.abandon()
                self.sessionLost(error)
            case .failure(let error):
                self.status.trouble = "route \(route.settings.name): \(error)"
                if attempt == 1 || attempt.isMultiple(of: 20) {
                    self.logger.error(
                        "the STAN server did not take the subscription; trying again",
                        metadata: [
                            LogKey.route: "\(route.settings.name)", LogKey.channel: "\(route.settings.channel)",
                            LogKey.error: "\(error)",
                        ]
                    )
                }
                _ = self.eventLoop.assumeIsolated().scheduleTask(in: self.pause(attempt)) { [weak self] in
                    self?.subscribe(route, in: session, attempt: attempt + 1)
                }
            }
        }
    }

    // MARK: Helpers

    /// Doubles with each failure, with a fifth left to chance.
    private func pause(_ failures: Int) -> TimeAmount {
        let factor = Int64(1) << Int64(min(max(failures - 1, 0), 10))
        let pause = min(Self.firstPause.nanoseconds * factor, Self.longestPause.nanoseconds)
        return .nanoseconds(Int64(Double(pause) * Double.random(in: 0.8...1.2, using: &self.generator)))
    }

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
