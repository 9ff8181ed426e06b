import Config
import Matching

/// What a configuration would run, as a short table.
struct CheckReport {
    let text: String

    init(_ configuration: Configuration) {
        let servers = configuration.nats.servers.map { HostAndPort.text($0.host, Int($0.port)) }.joined(separator: ", ")
        var lines = [
            "NATS \(servers), cluster \(configuration.stan.clusterID), client \(configuration.stan.clientID)",
            "",
        ]
        func describe(_ sink: String) -> String { configuration.sink(named: sink).map(Self.describe) ?? sink }
        let columns: [(title: String, cell: (Configuration.Route) -> String?)] = [
            ("ROUTE", { $0.name }),
            ("CHANNEL", { $0.channel }),
            ("READS", { Self.position($0) }),
            ("IN FLIGHT", { "\($0.maxInflight)" }),
            ("ACK WAIT", { "\($0.ackWait.components.seconds)s" }),
            ("ORDER", { Self.order($0.ordering) }),
            ("WHEN", { $0.when.map(Self.shortened) }),
            ("TO", { $0.to.map(describe).joined(separator: ", ") }),
            ("DEAD LETTERS", { route in route.deadLetter.map { describe($0) + Self.attempts(route.retry.maxAttempts) } }),
        ]
        // What no route asks for has no column.
        let used = columns.filter { column in configuration.routes.contains { column.cell($0) != nil } }
        let rows = configuration.routes.map { route in used.map { $0.cell(route) ?? "-" } }
        lines += Self.table([used.map(\.title)] + rows)
        if let state = Self.state(configuration) { lines += ["", state] }
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

    private static func order(_ ordering: Configuration.Ordering) -> String? {
        switch ordering {
        case .unordered: nil
        case .ordered: "all"
        case .key(let pointer): pointer.text.isEmpty ? "by body" : "by \(pointer)"
        }
    }

    private static func shortened(_ condition: Configuration.Condition) -> String {
        let text = condition.description
        return text.count <= 60 ? text : text.prefix(57) + "..."
    }

    private static func attempts(_ count: UInt32) -> String {
        switch count {
        case 0: ", when refused"
        case 1: ", after 1 attempt"
        default: ", after \(count) attempts"
        }
    }

    /// Where the memory over a crash is, or what is lost without it; nothing where the server remembers nothing either.
    private static func state(_ configuration: Configuration) -> String? {
        guard configuration.routes.contains(where: { $0.durableName != nil }) else { return nil }
        if let directory = configuration.stateDirectory { return "state in \(directory)" }
        return
            "no \"state_dir\": after a crash, what was delivered but not yet acked is delivered again, to all sinks of its route, "
            + "and attempts are counted from 1 again"
    }

    private static func describe(_ sink: Configuration.Sink) -> String {
        switch sink.kind {
        case .http(let http): "\(sink.name) (\(http.method.rawValue) \(http.url))"
        case .file(let file):
            "\(sink.name) (\((["\(file.format.rawValue) in \(file.path)"] + file.remarks).joined(separator: ", ")))"
        case .stan(let stan): "\(sink.name) (channel \(stan.channel))"
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
