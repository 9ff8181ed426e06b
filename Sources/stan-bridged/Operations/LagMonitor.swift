import Delivery
import Logging
import NIOCore
import Synchronization

/// Asks the monitoring of the NATS Streaming server now and then how far behind their channels the routes are.
///
/// On a thread beside the event loop, one channel after the other, and with bounds for time and answers.
final class LagMonitor: Sendable {
    private struct State {
        var lags: [String: UInt64] = [:]
        var trouble: String?
        var failures = FailureSummary()
    }

    private let interval: Duration

    /// While nobody is subscribed yet, it is asked more often, so often at the most.
    private static let firstInterval = Duration.seconds(1)
    private static let firstRounds = 10

    private static let timeout = Duration.seconds(5)
    private static let maximumBytes = 4 << 20

    private let origin: String
    private let fetcher: HTTPFetcher
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - url: what `/streaming/channelsz` is added to.
    ///   - origin: the same without what nobody should see.
    ///   - interval: the pause between two rounds. 10 s.
    init(url: String, origin: String, interval: Duration = .seconds(10), logger: Logger) throws(SinkError) {
        self.origin = origin
        self.interval = interval
        self.logger = logger
        self.fetcher = try HTTPFetcher(
            url: url,
            timeout: Self.timeout,
            maximumBytes: Self.maximumBytes,
            userAgent: "stan-bridged/\(Version.current)"
        )
    }

    /// By the name of the route; nil: nobody knows.
    func lag(of route: String) -> UInt64? { self.state.withLock { $0.lags[route] } }

    /// Why nobody knows, if it is known.
    var trouble: String? { self.state.withLock { $0.trouble } }

    /// Asks until the task is cancelled.
    ///
    /// - Parameter routes: the routes as they are at the moment.
    func run(_ routes: () async -> [RouteStatus]) async {
        var round = 0
        while !Task.isCancelled {
            await self.ask(await routes())
            round = min(round + 1, Self.firstRounds)
            let isFirst = round < Self.firstRounds && self.state.withLock { $0.lags.isEmpty && $0.trouble == nil }
            try? await Task.sleep(for: isFirst ? min(Self.firstInterval, self.interval) : self.interval)
        }
    }

    private func ask(_ routes: [RouteStatus]) async {
        var lags: [String: UInt64] = [:]
        var isAnyKnown = false
        for (channel, readers) in Dictionary(grouping: routes, by: \.channel) {
            switch await self.ask(channel) {
            case .success(let found):
                isAnyKnown = isAnyKnown || found != nil
                for route in readers { lags[route.name] = found?.behind(route.subscription) }
            case .failure(let failure):
                guard !Task.isCancelled else { return }
                // The other channels are not asked for: each would have to be waited for as long.
                return self.failed(failure.description)
            }
        }
        // A channel that is subscribed to exists.
        guard isAnyKnown || !routes.contains(where: \.isSubscribed) else {
            return self.failed("\(self.origin) knows none of the channels: it is the monitoring of another server")
        }
        self.answered(lags)
    }

    /// - Returns: nil where the server has no such channel.
    private func ask(_ channel: String) async -> Result<ChannelLag?, HTTPFetcher.Failure> {
        switch await self.fetcher.get("/streaming/channelsz", [("channel", channel), ("subs", "1")]) {
        case .failure(let failure):
            return .failure(failure)
        case .success(let answer) where answer.status == 404:
            return .success(nil)
        case .success(let answer):
            guard answer.status == 200 else { return .failure(.init("\(self.origin) answers with HTTP \(answer.status)")) }
            guard let channel = try? ChannelLag(json: answer.body) else {
                return .failure(.init("what \(self.origin) answers is not what the monitoring of NATS Streaming does"))
            }
            return .success(channel)
        }
    }

    private func answered(_ lags: [String: UInt64]) {
        let hasRecovered = self.state.withLock { state in
            state.lags = lags
            state.trouble = nil
            return state.failures.recovered() != nil
        }
        guard hasRecovered else { return }
        self.logger.notice("the server's monitoring answers again; lags are known", metadata: ["url": "\(self.origin)"])
    }

    private func failed(_ reason: String) {
        let line = self.state.withLock { state in
            state.lags = [:]
            state.trouble = reason
            return state.failures.failed(now: .now())
        }
        self.logger.log(
            level: line == .began ? .warning : .debug,
            """
            the server's monitoring cannot be asked how far its channels are: no lag is known until it can; it is asked again \
            and again, and deliveries do not depend on it
            """,
            metadata: ["url": "\(self.origin)", LogKey.reason: "\(reason)"]
        )
    }
}
