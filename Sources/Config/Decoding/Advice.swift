/// What is allowed but rarely wanted, and the arithmetic that is easily got wrong: all warnings.
struct Advice {
    let nats: Configuration.NATS
    let natsField: Field?
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]

    func reportWarnings() {
        for route in self.routes where route.value.durableName == nil {
            route.field.warning("has no \"durable_name\": a restart starts over \(Self.restart(route.value))")
        }
        for route in self.routes { self.checkOrder(of: route) }
        let used = Set(self.routes.flatMap(\.value.allSinks))
        for sink in self.sinks where !used.contains(sink.value.name) {
            sink.field.warning("no route uses this sink")
        }
        self.checkAckWaits()
        if let natsField, self.nats.tls?.skipsVerification == true {
            Decoded(value: (), field: natsField).at("tls")
                .warning("has \"insecure_skip_verify\": whoever answers is taken for the server, and is shown the credentials")
        }
    }

    private func checkOrder(of route: Decoded<Configuration.Route>) {
        let stops: String
        switch route.value.ordering {
        case .unordered: return
        case .ordered: stops = "one message that cannot be delivered stops the route"
        case .key:
            stops =
                "one message that cannot be delivered stops all that have its key, and the route when they are \"max_inflight\""
        }
        if route.value.retry.maxAttempts == 0 {
            route.at("ordering").warning(
                "\(stops), for as long as it fails (limit that with \"retry\": {\"max_attempts\": 20} and a \"dead_letter\")"
            )
        }
        if let queue = route.value.queue {
            route.at("ordering").warning(
                "the server shares the messages out among the members of the queue \(Quoted(queue)): only those that this one gets are "
                    + "in order among themselves"
            )
        }
    }

    private static func restart(_ route: Configuration.Route) -> String {
        switch route.startAt {
        case .newOnly: "with new messages, and those published meanwhile are missed"
        case .first: "at the first message of the channel, and delivers all again"
        case .lastReceived: "at the last message of the channel, and those before it are missed"
        case .sequence(let sequence): "at sequence \(sequence), and delivers all from there again"
        case .time: "at the time in \"start_at\", and delivers all from there again"
        case .ago(let duration): "\(DurationText.print(duration)) back, and delivers those messages again"
        }
    }

    /// Compares, for each HTTP sink of each route, how long messages in flight can take with how long the server waits.
    private func checkAckWaits() {
        var https: [String: Configuration.HTTPSink] = [:]
        for sink in self.sinks {
            if case .http(let http) = sink.value.kind { https[sink.value.name] = http }
        }
        // The routes of a sink share its connections.
        var waiting: [String: Int] = [:]
        for route in self.routes {
            for name in route.value.to { waiting[name, default: 0] += Int(route.value.maxInflight) }
        }
        for route in self.routes {
            for name in route.value.to {
                guard let http = https[name] else { continue }
                self.checkAckWait(of: route, sink: name, http: http, waiting: waiting[name, default: 0])
            }
        }
    }

    private func checkAckWait(
        of route: Decoded<Configuration.Route>,
        sink name: String,
        http: Configuration.HTTPSink,
        waiting: Int
    ) {
        let ackWait = DurationText.print(route.value.ackWait)
        let timeout = DurationText.print(http.timeout)
        let consequence = "the server then sends messages again that are still in delivery, and the copies are dropped"
        if route.value.ackWait < http.timeout {
            route.at("ack_wait").warning(
                "the ack wait of \(ackWait) is shorter than the \(timeout) that one request to the sink \(Quoted(name)) may take: "
                    + "\(consequence) (set \"ack_wait\" to \(DurationText.print(Self.wholeSeconds(http.timeout))) or more)"
            )
            return
        }
        // The bound keeps the product within what a duration can print.
        let rounds = (min(waiting, 1 << 40) + http.concurrency - 1) / http.concurrency
        let worst = http.timeout * rounds
        guard worst > route.value.ackWait else { return }
        let fitting = http.concurrency * Int(route.value.ackWait / http.timeout)
        route.at("max_inflight").warning(
            "the \(waiting) messages that can be in flight to the sink \(Quoted(name)) take up to \(DurationText.print(worst)) "
                + "(\(rounds) rounds of \(http.concurrency) requests of \(timeout)), longer than the ack wait of \(ackWait): when the "
                + "endpoint is that slow, \(consequence) (at most \(fitting) in flight would fit)"
        )
    }

    private static func wholeSeconds(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        return .seconds(seconds + (attoseconds > 0 ? 1 : 0))
    }
}
