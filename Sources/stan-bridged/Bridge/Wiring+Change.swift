import Config
import Delivery
import Logging
import NIOCore

extension Configuration {
    /// Sinks that no route uses are not opened: nothing would ever come to them.
    var usedSinks: [Sink] { self.sinks.filter { sink in self.routes.contains { $0.allSinks.contains(sink.name) } } }
}

extension Wiring {
    /// What has to change for a bridge that runs with one configuration to run with another.
    ///
    /// - Throws: ``SinkError`` when what a new sink needs is not there.
    static func change(
        from old: Configuration,
        to new: Configuration,
        of bridge: Bridge,
        logger: Logger
    ) throws -> Bridge.Change {
        let eventLoop = bridge.eventLoop
        let fallback: @Sendable () throws -> Bridge.Settings = {
            try Self.settings(old, eventLoop: eventLoop, logger: logger)
        }
        guard old.nats == new.nats, old.stan == new.stan, old.stateDirectory == new.stateDirectory else {
            let settings = try Self.settings(new, eventLoop: eventLoop, logger: logger)
            return Bridge.Change(extent: .all, settings: settings, fallback: fallback)
        }
        let running = bridge.settings
        var kept: [String: any Sink] = [:]
        for sink in running.sinks where old.sink(named: sink.name) == new.sink(named: sink.name) {
            // What an endpoint has stopped with a 410 begins anew.
            if !sink.condition.isPaused { kept[sink.name] = sink }
        }
        let settings = try Self.settings(new, keeping: kept, engine: running.engine, eventLoop: eventLoop, logger: logger)
        var change = Bridge.Change(extent: .parts, settings: settings, fallback: fallback)
        for route in new.routes {
            guard let before = old.routes.first(where: { $0.name == route.name }) else { continue }
            if !route.subscribes(like: before) {
                change.restarted.insert(route.name)
            } else if route != before || route.allSinks.contains(where: { kept[$0] == nil }) {
                change.resumed.insert(route.name)
            }
        }
        return change
    }
}

extension Configuration.Route {
    /// Whether the same subscription serves both, and messages are in the same order.
    fileprivate func subscribes(like other: Self) -> Bool {
        self.channel == other.channel && self.durableName == other.durableName && self.queue == other.queue
            && self.startAt == other.startAt && self.maxInflight == other.maxInflight && self.ackWait == other.ackWait
            && self.ordering == other.ordering
    }
}
