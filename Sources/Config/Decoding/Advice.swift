/// What is allowed but rarely wanted: all warnings.
struct Advice {
    let nats: Configuration.NATS
    let natsField: Field?
    let stan: Configuration.Stan
    let stanField: Field
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]

    func reportWarnings() {
        for route in self.routes where route.value.durableName == nil {
            route.field.warning("has no \"durable_name\": a restart starts over \(Self.restart(route.value))")
        }
        self.checkClientID()
        for route in self.routes { self.checkOrder(of: route) }
        let used = Set(self.routes.flatMap(\.value.allSinks))
        for sink in self.sinks where !used.contains(sink.value.name) {
            sink.field.warning("no route uses this sink")
        }
        HTTPAdvice(sinks: self.sinks, routes: self.routes).reportWarnings()
        SyncChecks(sinks: self.sinks, routes: self.routes).reportWarnings()
        if let natsField, self.nats.tls?.skipsVerification == true {
            Decoded(value: (), field: natsField).at("tls")
                .warning("has \"insecure_skip_verify\": whoever answers is taken for the server, and is shown the credentials")
        }
    }

    /// The durable of a queue belongs to the queue; any other is a client's own.
    private func checkClientID() {
        guard let host = self.stanField.context.surroundings.hostName, HostName.isMadeUp(host),
            self.stan.clientID.lowercased().contains(host.lowercased()),
            let route = self.routes.first(where: { $0.value.durableName != nil && $0.value.queue == nil })
        else { return }
        Decoded(value: (), field: self.stanField).at("client_id").warning(
            "has the name of this container in it, \(Quoted(host)): the next one has another, the server knows no durable of it, and the "
                + "route \(Quoted(route.value.name)) begins at its \"start_at\" again (choose a name that stays)"
        )
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
}
