import Delivery
import Foundation
import NIOCore
import Testing

@testable import stan_bridged

/// What `/status` answers, and what the command and the page make of it.
@Suite("Status report")
struct StatusReportTests {
    private static let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// With a bit of everything.
    static func status(trouble: Bool = true) -> Bridge.Status {
        var counters = RouteCounters(sinks: 2)
        counters.received = 1000
        counters.acked = 990
        counters.sinks[0].delivered = 980
        counters.sinks[0].deadLettered = 10
        counters.sinks[0].retries = 5
        var route = RouteStatus(
            name: "orders",
            channel: "shop.orders",
            sinkNames: ["hook", "file"],
            isSubscribed: true,
            inFlight: 7,
            retrying: trouble ? 2 : 0,
            oldestUnackedSeconds: 12.3456789,
            counters: counters
        )
        route.rate = 12.5
        route.sinkRates = [12.5, 12.5]
        route.lag = 1234
        route.deadLetterSink = "dead"
        if trouble {
            let reason = "HTTP 500 from hook.example: <b>no</b>\n\u{1b}[2J\u{202e}"
            route.failures = [.init(sequence: 41, sink: "hook", reason: reason, at: Self.now - .seconds(3))]
            route.lastDeadLetter = .init(sequence: 40, sink: "hook", reason: "HTTP 422", at: Self.now - .minutes(2))
        }
        var session = SessionSupervisor.Status(isConnected: true, hasSession: true, reconnects: 1)
        session.server = "127.0.0.1:4222"
        session.cluster = "test-cluster"
        session.client = "bridge-1"
        var status = Bridge.Status(session: session, isReady: true, routes: [route])
        var files = SinkCondition()
        files.files = .init(bytes: 4096, syncs: 3, copies: 1, open: 2)
        status.sinks = ["hook": SinkCondition(), "file": files, "dead": SinkCondition()]
        if trouble { status.sinks["hook"]?.isBreakerOpen = true }
        status.startedAt = 1_600_000_000_000_000_000
        return status
    }

    static func report(_ status: Bridge.Status) -> StatusReport {
        StatusReport(status, clock: status.startedAt + 3_723_000_000_000, now: Self.now)
    }

    // MARK: JSON

    /// The keys of objects, those within objects after a dot.
    private static func keys(_ value: Any, _ path: String = "") -> Set<String> {
        if let list = value as? [Any] { return list.reduce(into: []) { $0.formUnion(Self.keys($1, path + "[]")) } }
        guard let object = value as? [String: Any] else { return [path] }
        return object.reduce(into: []) { $0.formUnion(Self.keys($1.value, path.isEmpty ? $1.key : "\(path).\($1.key)")) }
    }

    @Test("its keys are those of the documentation, and what it says can be read back")
    func keys() throws {
        var status = Self.status()
        status.session.trouble = "not shown while all is well"
        let report = Self.report(status)
        let object = try JSONSerialization.jsonObject(with: Data(report.json))
        let failure = ["sequence", "sink", "reason", "seconds_ago"]
        let expected =
            ["version", "started_at", "uptime_seconds", "ready", "problems[]"]
            + ["connected", "established", "server", "cluster", "client", "reconnects"].map { "session.\($0)" }
            + [
                "name", "channel", "state", "per_second", "in_flight", "retrying", "oldest_unacked_seconds", "lag", "received",
                "redelivered", "duplicates_suppressed", "refused", "acked", "skipped", "dead_lettered", "dead_letter_failures",
                "dead_letter_sink",
            ].map { "routes[].\($0)" }
            + failure.map { "routes[].last_dead_letter.\($0)" }
            + ["name", "per_second", "delivered", "retries", "rejections", "unavailable", "dead_lettered"].map {
                "routes[].sinks[].\($0)"
            }
            + failure.map { "routes[].sinks[].last_failure.\($0)" }
            + ["name", "state", "files.bytes_written", "files.syncs", "files.copies", "files.open"].map { "sinks[].\($0)" }
        #expect(Self.keys(object) == Set(expected))
        #expect(try StatusReport(json: report.json) == report)

        let page = try String(contentsOf: Self.documentation, encoding: .utf8)
        for key in Self.keys(object).union(["session.trouble", "routes[].reason", "routes[].waits_for"]) {
            let name = key.replacing("[]", with: "").split(separator: ".").last ?? ""
            #expect(page.contains("`\(name)`") || page.contains(".\(name)`"), "docs/operating.md says nothing of \(key)")
        }
    }

    private static let documentation = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/operating.md")

    @Test("a route's state is a word, with its reason")
    func states() {
        var status = Self.status(trouble: false)
        #expect(Self.report(status).routes[0].state == .subscribed)
        #expect(Self.report(status).routes[0].reason == nil)
        #expect(Self.report(status).problems == [])
        status.routes[0].obstacle = .init(sequence: 9, sink: "hook", reason: "HTTP 500", isOfOneKey: true)
        #expect(Self.report(status).routes[0].state == .partlyStopped)
        status.routes[0].obstacle?.isOfOneKey = false
        #expect(Self.report(status).routes[0].state == .stopped)
        #expect(Self.report(status).routes[0].reason == "hook: HTTP 500")
        #expect(Self.report(status).routes[0].waitsFor == 9)
        status.routes[0].isSubscribed = false
        status.routes[0].trouble = "too many channels"
        let report = Self.report(status)
        #expect(report.routes[0].state == .notSubscribed)
        #expect(report.routes[0].reason == "too many channels")
        #expect(!report.ready)
        #expect(report.problems.first == "route orders: not subscribed to shop.orders: too many channels")
    }

    @Test("what is wrong is said once, the worst first")
    func problems() {
        var status = Self.status()
        status.lagTrouble = "http://n1:8222 does not answer"
        status.sinks["dead"]?.isPaused = true
        status.routes[0].obstacle = .init(sequence: 39, sink: "hook", reason: "HTTP 500", isOfOneKey: false)
        let expected = [
            "sink dead: paused", "route orders: stopped for message 39",
            "sink hook: left alone for a while, since it fails again and again; what waits for it is kept. Last: HTTP 500",
            "no lag is known: http://n1:8222",
        ]
        let problems = Self.report(status).problems
        #expect(problems.count == expected.count)
        for (problem, start) in zip(problems, expected) { #expect(problem.hasPrefix(start), "\(problem)") }
    }

    @Test("a failure is told by its route where neither its sink nor an ordered route's standing still tells of it")
    func failures() {
        var status = Self.status()
        status.sinks["hook"]?.isBreakerOpen = false
        let line = "route orders: deliveries to hook fail, 2 wait to be tried again. Last, message 41: HTTP 500 from"
        #expect(Self.report(status).problems.map { $0.hasPrefix(line) } == [true])
        status.routes[0].retrying = 0
        #expect(Self.report(status).problems.first?.hasPrefix("route orders: deliveries to hook fail. Last, message 41") == true)
        status.routes[0].obstacle = .init(sequence: 41, sink: "hook", reason: "HTTP 500", isOfOneKey: false)
        #expect(Self.report(status).problems.map { $0.hasPrefix("route orders: stopped for message 41") } == [true])
        status.routes[0].obstacle = nil
        status.sinks["hook"]?.isPaused = true
        #expect(Self.report(status).problems.map { $0.hasPrefix("sink hook: paused") } == [true])
    }

    // MARK: The table

    @Test("the table shows each route in a line, with what the columns say")
    func table() throws {
        let lines = StatusTable(Self.report(Self.status(trouble: false))).lines
        #expect(lines[0] == "stan-bridged \(Version.current), up 1h2m: ready")
        #expect(lines[1] == "NATS at 127.0.0.1:4222, STAN session bridge-1 in test-cluster, 1 reconnect")
        #expect(
            lines[3].split(separator: " ").joined(separator: " ")
                == "ROUTE CHANNEL STATE RATE/S IN FLIGHT RETRYING OLDEST LAG DEAD LETTERS"
        )
        #expect(
            lines[4].split(separator: " ").map(String.init) == [
                "orders", "shop.orders", "subscribed", "12.5", "7", "0", "12s", "1234", "10",
            ]
        )
        #expect(lines.count == 5)
        // Numbers end where their headings do.
        #expect(lines[3].count == lines[4].count)
    }

    @Test("trouble stands below the table, and nothing in it gives orders to the terminal")
    func hostile() {
        var status = Self.status()
        status.routes[0].channel = "a\u{1b}]0;x\u{7}b\nc"
        for isColored in [false, true] {
            let table = StatusTable(Self.report(status), isColored: isColored)
            let ours = /\u{1b}\[(?:0|1|2|32|33|1;31)m/
            for line in table.lines {
                let rest = line.replacing(ours, with: "")
                #expect(rest.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0.value != 0x202e }, "\(rest)")
                #expect(isColored || rest == line)
            }
            #expect(table.lines.contains { $0.contains("sink hook:") })
            #expect(table.lines.last?.contains("! sink hook: left alone for a while") == true)
        }
    }

    @Test("lines are cut off at the terminal's width, colours or not", arguments: [1, 20, 60])
    func width(columns: Int) {
        let plain = StatusTable(Self.report(Self.status()), width: columns).lines
        #expect(plain.allSatisfy { $0.count <= columns })
        let colored = StatusTable(Self.report(Self.status()), isColored: true, width: columns).lines
        for (line, other) in zip(colored, plain) {
            let visible = line.replacing(/\u{1b}\[[0-9;]*m/, with: "")
            #expect(visible.trimmingCharacters(in: .whitespaces) == other.trimmingCharacters(in: .whitespaces))
        }
    }

    @Test(
        "times are short",
        arguments: [
            (0, "0.0s"), (0.44, "0.4s"), (59.9, "59s"), (61, "1m1s"), (7380, "2h3m"), (90_000, "1d1h"), (.infinity, "?"),
            (-1, "?"),
        ]
    )
    func times(seconds: Double, text: String) {
        #expect(StatusTable.time(seconds) == text)
    }

    // MARK: The page

    @Test("the page has nothing from elsewhere, and its policy lets nothing else run than its own script")
    func page() throws {
        let (page, other) = (StatusPage(), StatusPage())
        let nonce = try #require(page.policy.firstMatch(of: /script-src 'nonce-([a-z0-9]+)'/)?.output.1)
        #expect(nonce.count > 12)
        #expect(!other.policy.contains(nonce))
        #expect(page.policy.hasPrefix("default-src 'none';"))
        #expect(page.text.ranges(of: "nonce=\"\(nonce)\"").count == 2)
        #expect(page.text.ranges(of: "<script").count == 1 && page.text.ranges(of: "<style").count == 1)
        #expect(!page.text.contains("NONCE"))
        for bad in ["http:", "https:", "src=", "@import", "url(", "style=\"", "onclick", "javascript:"] {
            #expect(!page.text.contains(bad), "\(bad)")
        }
        // What the daemon says is put in as text. These would read it as markup, or as a program.
        for bad in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!page.text.contains(bad), "\(bad)")
        }
    }

    @Test("the page asks for keys that there are")
    func pageKeys() throws {
        var status = Self.status()
        status.routes[0].obstacle = .init(sequence: 9, sink: "hook", reason: "HTTP 500", isOfOneKey: true)
        let object = try JSONSerialization.jsonObject(with: Data(Self.report(status).json))
        let known = Set(Self.keys(object).flatMap { $0.replacing("[]", with: "").split(separator: ".").map(String.init) })
        for match in StatusPage().text.matches(of: /\b(?:r|s|d|u|report|files)\.([a-z_]+)\b/) {
            let key = String(match.output.1)
            guard !["forEach", "map", "append", "sinks", "filter"].contains(key) else { continue }
            #expect(known.contains(key), "\(match.output.0)")
        }
    }
}
