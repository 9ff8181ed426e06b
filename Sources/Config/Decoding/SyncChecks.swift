/// How the interval at which file sinks sync goes with the routes whose acks wait for it.
struct SyncChecks {
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]

    /// Below so many messages a second, somebody should know.
    private static let usualRate = 1_000

    private struct Wait {
        let route: Decoded<Configuration.Route>
        let sink: Decoded<Configuration.Sink>
        let interval: Duration

        /// Whether it is that of dead letters only.
        let isForDeadLetters: Bool

        var every: String { DurationText.print(self.interval) }
    }

    func reportErrors() {
        for wait in self.waits where wait.interval >= wait.route.value.ackWait {
            wait.sink.at("sync", "interval").error(
                "must be shorter than the ack wait of the route \(Quoted(wait.route.value.name)), which is "
                    + "\(DurationText.print(wait.route.value.ackWait)): the server would send every message again before it is acked"
            )
        }
    }

    func reportWarnings() {
        for sink in self.sinks {
            guard case .file(let file) = sink.value.kind, file.sync == .never else { continue }
            sink.at("sync").warning(
                "messages are acked before they are on disk: a power cut, or a crash of the system, loses those of about the last "
                    + "half minute, and the server does not send them again (\"always\" loses none)"
            )
        }
        for wait in self.waits {
            self.checkAckWait(wait)
            if !wait.isForDeadLetters { self.checkRate(wait) }
        }
    }

    private var waits: [Wait] {
        var intervals: [String: (sink: Decoded<Configuration.Sink>, interval: Duration)] = [:]
        for sink in self.sinks {
            guard case .file(let file) = sink.value.kind, case .interval(let interval) = file.sync else { continue }
            intervals[sink.value.name] = (sink, interval)
        }
        return self.routes.flatMap { route in
            route.value.allSinks.compactMap { name in
                intervals[name].map { (sink, interval) in
                    Wait(route: route, sink: sink, interval: interval, isForDeadLetters: !route.value.to.contains(name))
                }
            }
        }
    }

    private func checkAckWait(_ wait: Wait) {
        guard wait.interval * 2 > wait.route.value.ackWait else { return }
        wait.sink.at("sync", "interval").warning(
            "\(wait.every) is more than half the ack wait of the route \(Quoted(wait.route.value.name)), which is "
                + "\(DurationText.print(wait.route.value.ackWait)): when the disk is slow, the server sends messages again before they "
                + "are acked, and the copies are dropped"
        )
    }

    /// What is in flight waits for the sync, and nothing more comes until it is acked.
    private func checkRate(_ wait: Wait) {
        let sink = "the sink \(Quoted(wait.sink.value.name)), which syncs every \(wait.every)"
        switch wait.route.value.ordering {
        case .unordered:
            let needed = (wait.interval / .seconds(1) * Double(Self.usualRate)).rounded(.up)
            guard Double(wait.route.value.maxInflight) < needed else { return }
            wait.route.at("max_inflight").warning(
                "at most \(wait.route.value.maxInflight) messages are in flight to \(sink): no more than those are delivered each "
                    + "time (for \(Self.usualRate) a second set \"max_inflight\" to \(Int(needed)), or a shorter \"interval\")"
            )
        case .ordered where wait.interval > Limits.millisecond:
            wait.route.at("ordering").warning(
                "an ordered route sends one message at a time, and each waits for \(sink): no more than one is delivered each time "
                    + "(use a sink with \"sync\": \"always\")"
            )
        case .key where wait.interval > Limits.millisecond:
            wait.route.at("ordering").warning(
                "a route in order by key sends one message of each key at a time, and each waits for \(sink): no more than one of "
                    + "each key is delivered each time (use a sink with \"sync\": \"always\")"
            )
        case .ordered, .key:
            return
        }
    }
}
