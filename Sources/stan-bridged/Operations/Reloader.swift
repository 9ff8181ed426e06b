import Config
import Delivery
import Logging
import Synchronization

/// Loads the configuration again while the daemon runs, and changes what is different. A file that cannot be used is refused as a
/// whole, and the old configuration goes on.
final class Reloader: Sendable {
    private struct State {
        var configuration: Configuration
        var reloads = Reloads()
    }

    private let path: String
    private let state: Mutex<State>
    private let bridge: Bridge
    private let admin: AdminService
    private let log: LogChoice
    private let notifier: Notifier
    private let logger: Logger
    private let startedAt = WallClock.now
    /// However often it is asked for while one is going on, one more follows.
    private let requests = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(
        path: String,
        configuration: Configuration,
        bridge: Bridge,
        admin: AdminService,
        log: LogChoice,
        notifier: Notifier,
        logger: Logger
    ) {
        self.path = path
        self.state = Mutex(State(configuration: configuration))
        self.bridge = bridge
        self.admin = admin
        self.log = log
        self.notifier = notifier
        self.logger = logger
    }

    var reloads: Reloads { self.state.withLock { $0.reloads } }

    func requestReload() {
        self.requests.continuation.yield()
    }

    /// Serves requests until it is cancelled.
    func run() async {
        for await _ in self.requests.stream {
            self.notifier.reloading()
            await self.reload()
            let isRefused = if case .refused = self.reloads.last { true } else { false }
            self.notifier.reloaded(
                isRefused
                    ? "the configuration was refused, and the old one goes on: see the log" : "the configuration was loaded again"
            )
        }
    }

    private func reload() async {
        self.logger.info("loading the configuration again", metadata: ["config": "\(self.path)"])
        let loaded = ConfigFile.load(path: self.path)
        guard let new = loaded.configuration else {
            return self.refuse(loaded.diagnostics.filter { $0.severity == .error }.map(\.description))
        }
        for alarm in loaded.alarms {
            self.logger.warning("\(alarm.path): \(alarm.message)", metadata: ["config": "\(self.path)"])
        }
        let old = self.state.withLock { $0.configuration }
        let changed = await self.bridge.change {
            await self.change(from: old, to: new)
        }
        if !changed { self.logger.info("the configuration is not loaded again, since the daemon stops") }
    }

    /// In line with whatever else the bridge has to change.
    private func change(from old: Configuration, to new: Configuration) async {
        let changesAdmin = old.admin != new.admin || old.stan.monitoringURL != new.stan.monitoringURL
        let change: Bridge.Change
        let server: AdminServer?
        do {
            change = try Wiring.change(from: old, to: new, of: self.bridge, logger: self.logger)
            server = changesAdmin ? try self.adminServer(new) : nil
        } catch {
            return self.refuse(["\(error)"])
        }
        if changesAdmin, let problem = await self.admin.replace(with: server) {
            return self.refuse([problem.description])
        }
        if let problem = await self.bridge.make(change) {
            if changesAdmin, let server = try? self.adminServer(old) { _ = await self.admin.replace(with: server) }
            return self.refuse([problem.description])
        }
        self.log.change(to: Wiring.logChoice(new.log))
        self.state.withLock { state in
            state.configuration = new
            state.reloads.note(.made, at: WallClock.now)
        }
        self.logger.notice("the configuration is loaded again", metadata: Self.summary(from: old, to: new, change))
    }

    /// - Throws: ``SinkError`` when libcurl cannot be used, which asks for lags.
    func adminServer(_ configuration: Configuration) throws -> AdminServer? {
        try configuration.admin.map { admin in
            try Wiring.admin(admin, stan: configuration.stan, status: { await self.status() }, logger: self.logger)
        }
    }

    private func status() async -> Bridge.Status {
        var status = await self.bridge.status()
        status.reloads = self.reloads
        status.startedAt = self.startedAt
        return status
    }

    private func refuse(_ problems: [String]) {
        for problem in problems { self.logger.error("\(problem)") }
        self.logger.error(
            "the configuration is refused, and the old one goes on; mend it and reload again",
            metadata: ["config": "\(self.path)", "errors": "\(problems.count)"]
        )
        self.state.withLock { $0.reloads.note(.refused(problems), at: WallClock.now) }
    }

    /// What is different, in the names of the configuration.
    private static func summary(from old: Configuration, to new: Configuration, _ change: Bridge.Change) -> Logger.Metadata {
        var summary: Logger.Metadata = [:]
        func add(_ key: String, _ names: some Sequence<String>) {
            let names = names.sorted()
            if !names.isEmpty { summary[key] = "\(names.joined(separator: ","))" }
        }
        guard case .parts = change.extent else { return ["begun_anew": "all, since nats, stan or state_dir has changed"] }
        let before = Set(old.routes.map(\.name))
        let after = Set(new.routes.map(\.name))
        add("routes_added", after.subtracting(before))
        add("routes_removed", before.subtracting(after))
        add("routes_subscribed_anew", change.restarted)
        add("routes_changed", change.resumed)
        let sinksBefore = Set(old.usedSinks.map(\.name))
        let sinksAfter = Set(new.usedSinks.map(\.name))
        add("sinks_added", sinksAfter.subtracting(sinksBefore))
        add("sinks_removed", sinksBefore.subtracting(sinksAfter))
        add("sinks_changed", sinksBefore.intersection(sinksAfter).filter { old.sink(named: $0) != new.sink(named: $0) })
        return summary.isEmpty ? ["changed": "\(old == new ? "nothing" : "settings of the daemon")"] : summary
    }
}
