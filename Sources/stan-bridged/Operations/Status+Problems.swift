import Delivery

/// What is wrong, in words. Pure.
extension Bridge.Status {
    /// What keeps the bridge from being ready, a line each.
    var missing: [String] {
        var missing: [String] = []
        if !self.session.isConnected { missing.append("not connected to NATS") }
        if !self.session.hasSession { missing.append("no STAN session") }
        if !missing.isEmpty, let trouble = self.session.trouble { missing.append(trouble) }
        for route in self.routes where !route.isSubscribed {
            missing.append("route \(route.name): not subscribed to \(route.channel)\(route.trouble.map { ": \($0)" } ?? "")")
        }
        return missing
    }

    /// What holds up ordered routes and sinks, a line each. They are as ready as they can be: what helps is at the other end.
    var obstacles: [String] {
        let paused = self.sinks.filter(\.value.isPaused).keys.sorted().map { name in
            "sink \(name): paused, since the endpoint says that it is gone (410); what waits for it is kept"
        }
        return paused
            + self.routes.compactMap { route in
                route.obstacle.map { obstacle in
                    "route \(route.name): \(obstacle.isOfOneKey ? "messages of the same key wait" : "stopped")"
                        + " for message \(obstacle.sequence), which \(obstacle.sink) has not taken: \(obstacle.reason)"
                }
            }
    }

    /// All that somebody should know of, a line each, the worst first.
    var problems: [String] {
        self.missing + self.obstacles + self.leftAlone + self.failing + self.refusal
            + (self.lagTrouble.map { ["no lag is known: \($0)"] } ?? [])
    }

    private var refusal: [String] {
        guard case .refused(let errors) = self.reloads.last else { return [] }
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        return ["the configuration was loaded again and refused, and the old one goes on: \(errors.first ?? "")\(more)"]
    }

    private var leftAlone: [String] {
        self.sinks.filter { $0.value.isBreakerOpen && !$0.value.isPaused }.keys.sorted().map { name in
            let last = self.routes.flatMap(\.failures).filter { $0.sink == name }.max { $0.at < $1.at }
            return "sink \(name): left alone for a while, since it fails again and again; what waits for it is kept"
                + (last.map { ". Last: \($0.reason)" } ?? "")
        }
    }

    /// What has not been said by the sink as a whole, or as what an ordered route waits for.
    private var failing: [String] {
        self.routes.flatMap { route in
            route.failures.compactMap { failure in
                let sink = self.sinks[failure.sink]
                guard sink?.isBreakerOpen != true, sink?.isPaused != true, failure.sequence != route.obstacle?.sequence else {
                    return nil
                }
                let waiting = route.retrying > 0 ? ", \(route.retrying) wait to be tried again" : ""
                return "route \(route.name): deliveries to \(failure.sink) fail\(waiting). "
                    + "Last, message \(failure.sequence): \(failure.reason)"
            }
        }
    }
}
