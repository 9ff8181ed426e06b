/// What `stan-bridged status` shows, line by line. Pure.
struct StatusTable {
    /// How what is worth a second look stands out; nil: it does not.
    enum Tone: String {
        case good = "\u{1b}[32m"
        case warning = "\u{1b}[33m"
        case bad = "\u{1b}[1;31m"
        case heading = "\u{1b}[1m"
        case soft = "\u{1b}[2m"
    }

    private struct Cell {
        var text: String
        var tone: Tone?
        /// Numbers stand at the right of their column.
        var isNumber = true
    }

    private let isColored: Bool
    private(set) var lines: [String] = []

    /// - Parameters:
    ///   - isColored: whether lines bear escape sequences for colours.
    ///   - width: after which lines are cut off; nil: they are not.
    init(_ report: StatusReport, isColored: Bool = false, width: Int? = nil) {
        self.isColored = isColored
        let state: Cell =
            !report.ready
            ? Cell(text: "NOT READY", tone: .bad)
            : report.problems.isEmpty
                ? Cell(text: "ready", tone: .good) : Cell(text: "ready, with trouble", tone: .warning)
        self.add([Cell(text: "stan-bridged \(report.version), up \(Self.time(report.uptimeSeconds)):"), state], width)
        self.add([Cell(text: Self.session(report.session), tone: .soft)], width)
        self.lines.append("")
        self.addTable(report.routes, width)
        let sinks = report.sinks.filter { $0.state != .working }
        if !sinks.isEmpty { self.lines.append("") }
        for sink in sinks {
            self.add([Cell(text: "sink \(sink.name):"), Cell(text: Self.word(sink.state), tone: .bad)], width)
        }
        if !report.problems.isEmpty { self.lines.append("") }
        for problem in report.problems { self.add([Cell(text: "! \(problem)", tone: report.ready ? .warning : .bad)], width) }
    }

    // MARK: Routes

    private mutating func addTable(_ routes: [StatusReport.Route], _ width: Int?) {
        let heading = ["ROUTE", "CHANNEL", "STATE", "RATE/S", "IN FLIGHT", "RETRYING", "OLDEST", "LAG", "DEAD LETTERS"]
        let first = heading.enumerated().map { Cell(text: $0.element, tone: .heading, isNumber: $0.offset > 2) }
        let rows = [first] + routes.map(Self.row)
        let widths = heading.indices.map { column in rows.map { $0[column].text.count }.max() ?? 0 }
        for row in rows {
            self.add(
                zip(row, widths).map { cell, width in
                    let gap = String(repeating: " ", count: width - cell.text.count)
                    return Cell(text: cell.isNumber ? gap + cell.text : cell.text + gap, tone: cell.tone)
                },
                between: "  ",
                width
            )
        }
    }

    private static func row(_ route: StatusReport.Route) -> [Cell] {
        let cells = [
            Cell(text: route.name, isNumber: false),
            Cell(text: route.channel, isNumber: false),
            Cell(text: Self.word(route.state), tone: Self.tone(route.state), isNumber: false),
            Cell(text: Self.number(route.perSecond)),
            Cell(text: "\(route.inFlight)"),
            Cell(text: "\(route.retrying)", tone: route.retrying > 0 ? .warning : nil),
            Cell(text: route.inFlight > 0 ? Self.time(route.oldestUnackedSeconds) : "-"),
            Cell(text: route.lag.map { "\($0)" } ?? "-"),
            Cell(text: "\(route.deadLettered)", tone: route.deadLettered > 0 ? .warning : nil),
        ]
        return cells.map { Cell(text: PlainText.oneLine($0.text), tone: $0.tone, isNumber: $0.isNumber) }
    }

    /// A line of its cells; what they have in them cannot begin another, nor order a terminal about.
    private mutating func add(_ cells: [Cell], between gap: String = " ", _ width: Int?) {
        var room = width ?? .max
        var line = ""
        for (index, cell) in cells.enumerated() where room > 0 {
            let before = index == 0 ? "" : gap
            let text = String((before + PlainText.oneLine(cell.text)).prefix(room))
            room -= text.count
            line += self.isColored ? cell.tone.map { "\($0.rawValue)\(text)\u{1b}[0m" } ?? text : text
        }
        while line.last == " " { line.removeLast() }
        self.lines.append(line)
    }

    // MARK: Words

    private static func session(_ session: StatusReport.Session) -> String {
        let nats = session.connected ? "NATS at \(session.server ?? "?")" : "no connection to NATS"
        let stan = "\(session.established ? "STAN session" : "no STAN session") \(session.client) in \(session.cluster)"
        return "\(nats), \(stan), \(session.reconnects) reconnect\(session.reconnects == 1 ? "" : "s")"
    }

    private static func word(_ state: StatusReport.Route.State) -> String {
        switch state {
        case .subscribed: "subscribed"
        case .notSubscribed: "not subscribed"
        case .stopped: "stopped"
        case .partlyStopped: "partly stopped"
        }
    }

    private static func tone(_ state: StatusReport.Route.State) -> Tone {
        switch state {
        case .subscribed: .good
        case .partlyStopped: .warning
        case .notSubscribed, .stopped: .bad
        }
    }

    private static func word(_ state: StatusReport.Sink.State) -> String {
        switch state {
        case .working: "working"
        case .breakerOpen: "left alone, it fails again and again"
        case .paused: "paused, it says that it is gone (410)"
        }
    }

    private static func number(_ number: Double) -> String {
        guard number.isFinite, number > 0, number < 1e15 else { return "0" }
        return number < 100 ? "\((number * 10).rounded() / 10)" : "\(Int64(number.rounded()))"
    }

    /// `0.4s`, `12s`, `3m12s`, `5h7m`, `12d4h`.
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
        if seconds < 10 { return "\((seconds * 10).rounded() / 10)s" }
        let whole = Int64(seconds)
        return switch whole {
        case ..<60: "\(whole)s"
        case ..<3600: "\(whole / 60)m\(whole % 60)s"
        case ..<86_400: "\(whole / 3600)h\(whole / 60 % 60)m"
        default: "\(whole / 86_400)d\(whole / 3600 % 24)h"
        }
    }
}
