/// What no section can know of itself: errors between routes, and between sinks.
struct CrossChecks {
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]
    let clientID: String

    func reportErrors() {
        self.checkRouteNames()
        self.checkDurables()
        self.checkFilePaths()
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

    /// Two writers of one file would each cut off what the other wrote. Compared as written, and for each route as filled in.
    private func checkFilePaths() {
        var writers: [String: String] = [:]
        var clashes: Set<[String]> = []

        func check(_ path: String, of sink: Decoded<Configuration.Sink>) {
            let name = sink.value.name
            guard let other = writers.updateValue(name, forKey: Self.normalized(path)), other != name else { return }
            guard clashes.insert([other, name].sorted()).inserted else { return }
            sink.at("path").error("is the file of the sink \(Quoted(other)) too (a file has one sink; let both routes use it)")
        }

        var files: [String: (sink: Decoded<Configuration.Sink>, path: PathTemplate)] = [:]
        for sink in self.sinks {
            guard case .file(let file) = sink.value.kind else { continue }
            files[sink.value.name] = (sink, file.path)
            check(file.path.text, of: sink)
        }
        for route in self.routes {
            for name in route.value.allSinks {
                guard let (sink, template) = files[name] else { continue }
                let path = template.expanded(channel: route.value.channel, route: route.value.name, clientID: self.clientID)
                check(path, of: sink)
            }
        }
    }

    /// A path without `//` and `/./`. Does not follow `..`: where that leads, only the disk knows.
    private static func normalized(_ path: String) -> String {
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
        return (path.utf8.first == UInt8(ascii: "/") ? "/" : "") + parts.joined(separator: "/")
    }
}
