/// What no section can know of itself: errors between routes, and between sinks.
struct CrossChecks {
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]
    let clientID: String

    func reportErrors() {
        self.checkRouteNames()
        self.checkDurables()
        FilePathChecks(sinks: self.sinks, routes: self.routes, clientID: self.clientID).reportErrors()
        SyncChecks(sinks: self.sinks, routes: self.routes).reportErrors()
        StanSinkChecks(sinks: self.sinks, routes: self.routes).reportErrors()
    }

    private func checkRouteNames() {
        var seen: [String: FieldPath] = [:]
        for route in self.routes {
            let field = route.at("name")
            if let other = seen[route.value.name] {
                field.error("the name \(Quoted(route.value.name)) is taken by \(other) (names are unique)")
            } else {
                seen[route.value.name] = route.field.path
            }
        }
    }

    /// A durable is client id, channel and name; the server refuses a second subscription of the same (`stan: duplicate durable
    /// registration`). Members of a queue group are many by design.
    private func checkDurables() {
        struct Durable: Hashable {
            let channel: String
            let name: String
        }
        var seen: [Durable: FieldPath] = [:]
        for route in self.routes where route.value.queue == nil {
            guard let name = route.value.durableName else { continue }
            if let other = seen.updateValue(route.field.path, forKey: Durable(channel: route.value.channel, name: name)) {
                route.at("durable_name").error(
                    "the durable \(Quoted(name)) of the channel \(Quoted(route.value.channel)) is in use by \(other): "
                        + "the server takes one subscription each (choose another name, or one route with both sinks)"
                )
            }
        }
    }
}
