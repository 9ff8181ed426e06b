import Delivery
import Logging
import NATSTransport
import NIOCore
import StanCore

/// Gets a route subscribed in the session that there is, and in the next one. Lives on the event loop.
final class RouteSubscribing {
    /// What a route that cannot be subscribed tells of its session.
    enum Finding {
        /// The server does not know it any more.
        case sessionLost(StanError)
        /// It lives, and an earlier subscription in it stands in the way of the route's.
        case sessionInTheWay
    }

    private let route: RouteRunner
    private let nats: NATSConnection
    private let report: (Finding, StanSession) -> Void

    private var session: StanSession?
    private var isAsking = false
    private var timer: Scheduled<Void>?
    private var generator = SystemRandomNumberGenerator()

    /// How often in a row it was refused, in however many sessions.
    private var refusals: UInt32 = 0

    /// After how many refusals a durable that is in use is freed by a new session; and then again after so many more.
    private static let refusalsUntilNewSession: UInt32 = 4
    private static let refusalsBetweenSessions: UInt32 = 20

    /// Of what is refused again and again, one line in so many.
    private static let refusalsALine: UInt32 = 20

    private static let pauses = RetrySchedule(initial: .milliseconds(250), maximum: .seconds(10))

    /// What is refused for good is asked for now and then all the same: limits are raised, and channels are deleted.
    private static let pausesForGood = RetrySchedule(initial: .seconds(30), maximum: .seconds(30))

    init(
        route: RouteRunner,
        nats: NATSConnection,
        report: @escaping (Finding, StanSession) -> Void
    ) {
        self.route = route
        self.nats = nats
        self.report = report
    }

    // MARK: Session

    func begin(in session: StanSession) {
        self.end()
        self.session = session
        self.subscribe()
    }

    /// Asks for nothing more in this session.
    func end() {
        self.timer?.cancel()
        self.timer = nil
        self.session = nil
        self.isAsking = false
    }

    /// NATS is back, and the session with it.
    func connectionCame() {
        self.subscribe()
    }

    // MARK: Subscribing

    private func subscribe() {
        guard let session = self.session, !self.isAsking, !self.route.isSubscribed, self.nats.isConnected else { return }
        self.timer?.cancel()
        self.timer = nil
        self.isAsking = true
        session.subscribe(to: self.route.settings.channel, options: self.route.settings.subscription, subscriber: self.route) {
            [weak self] result in
            guard let self, self.session === session else {
                // Nobody wants it any more.
                if case .success(let subscription) = result { _ = subscription.close() }
                return
            }
            self.isAsking = false
            switch result {
            case .success(let subscription): self.subscribed(subscription)
            case .failure(let error): self.refused(error, in: session)
            }
        }
    }

    private func subscribed(_ subscription: StanChannelSubscription) {
        self.route.logger.info("subscribed", metadata: self.refusals == 0 ? [:] : ["after_refusals": "\(self.refusals)"])
        self.refusals = 0
        self.route.trouble = nil
        self.route.subscribed(subscription)
    }

    private func refused(_ error: StanError, in session: StanSession) {
        self.route.trouble = error.description
        switch error.code {
        case .connectionLost:
            return self.report(.sessionLost(error), session)
        case .nats:
            // NATS went away meanwhile, which others say, and who says that it is back comes here too.
            return self.subscribeAgain(in: Self.pauses.initial)
        default:
            break
        }
        self.refusals = self.refusals == .max ? .max : self.refusals + 1
        let refusal = SubscriptionRefusal(error)
        self.log(refusal, error)
        if refusal == .durableInUse,
            self.refusals == Self.refusalsUntilNewSession || self.refusals.isMultiple(of: Self.refusalsBetweenSessions)
        {
            return self.report(.sessionInTheWay, session)
        }
        let pauses = refusal == .forGood ? Self.pausesForGood : Self.pauses
        self.subscribeAgain(in: pauses.delay(after: self.refusals, using: &self.generator))
    }

    private func subscribeAgain(in pause: TimeAmount) {
        self.timer = self.nats.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in self?.subscribe() }
    }

    private func log(_ refusal: SubscriptionRefusal, _ error: StanError) {
        let (level, text): (Logger.Level, Logger.Message) =
            switch refusal {
            case .forNow:
                (.warning, "the STAN server did not take the subscription; trying again until it does")
            case .durableInUse:
                (
                    .warning,
                    """
                    the STAN server counts another subscription with the durable's name as in use: one of our own that it has kept; \
                    trying again, and in a new session if need be
                    """
                )
            case .forGood:
                (
                    .error,
                    """
                    the STAN server refuses the subscription, and will until somebody changes the server or the configuration; \
                    nothing of the channel is delivered. Asking again every 30 s
                    """
                )
            }
        let isSaid = self.refusals == 1 || self.refusals.isMultiple(of: Self.refusalsALine)
        self.route.logger.log(
            level: isSaid ? level : .debug,
            text,
            metadata: [LogKey.error: "\(error)", "refusals": "\(self.refusals)"]
        )
    }
}

extension RetrySchedule {
    /// Pauses that double, with a fifth left to chance.
    init(initial: TimeAmount, maximum: TimeAmount) {
        self.init()
        self.initial = initial
        self.maximum = maximum
    }
}
