import Config

/// What a configuration would run, as a short table.
struct CheckReport {
    let text: String

    init(_ configuration: Configuration) {
        let servers = configuration.nats.servers.map { HostAndPort.text($0.host, Int($0.port)) }.joined(separator: ", ")
        var lines = [
            "NATS \(servers), cluster \(configuration.stan.clusterID), client \(configuration.stan.clientID)",
            "",
        ]
        let rows = configuration.routes.map { route in
            [
                route.name, route.channel, Self.position(route), "\(route.maxInflight)", "\(route.ackWait.components.seconds)s",
                route.to.map { name in configuration.sink(named: name).map(Self.describe) ?? name }.joined(separator: ", "),
            ]
        }
        lines += Self.table([["ROUTE", "CHANNEL", "READS", "IN FLIGHT", "ACK WAIT", "TO"]] + rows)
        if let admin = configuration.admin { lines += ["", "admin on \(HostAndPort.text(admin.host, Int(admin.port)))"] }
        self.text = lines.joined(separator: "\n") + "\n"
    }

    private static func position(_ route: Configuration.Route) -> String {
        let start =
            switch route.startAt {
            case .newOnly: "new messages"
            case .first: "from the first"
            case .lastReceived: "from the last"
            case .sequence(let sequence): "from sequence \(sequence)"
            case .time: "from a time"
            case .ago(let duration): "from \(duration) ago"
            }
        switch (route.durableName, route.queue) {
        case (let durable?, let queue?): return "queue \(queue), durable \(durable), \(start)"
        case (let durable?, nil): return "durable \(durable), \(start)"
        case (nil, let queue?): return "queue \(queue), \(start)"
        case (nil, nil): return start
        }
    }

    private static func describe(_ sink: Configuration.Sink) -> String {
        switch sink.kind {
        case .http(let http): "\(sink.name) (\(http.method.rawValue) \(http.url))"
        case .file(let file): "\(sink.name) (\(file.format.rawValue) in \(file.path))"
        case .stdout(let stdout): "\(sink.name) (\(stdout.format.rawValue) on stdout)"
        }
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += column == columns - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return line
        }
    }
}
