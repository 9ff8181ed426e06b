import Delivery
import Testing

@testable import stan_bridged

/// What operators are told of a status.
@Suite("Status")
struct StatusTests {
    private static func route(_ name: String, isSubscribed: Bool = true, sinks: [String] = ["hook"]) -> RouteStatus {
        RouteStatus(
            name: name,
            channel: "\(name).channel",
            sinkNames: sinks,
            isSubscribed: isSubscribed,
            inFlight: 3,
            retrying: 2,
            oldestUnackedSeconds: 1.5,
            counters: RouteCounters(sinks: sinks.count)
        )
    }

    private static func status(
        isConnected: Bool = true,
        hasSession: Bool = true,
        trouble: String? = nil,
        _ routes: [RouteStatus]
    ) -> Bridge.Status {
        let session = SessionSupervisor.Status(isConnected: isConnected, hasSession: hasSession, reconnects: 4, trouble: trouble)
        return Bridge.Status(session: session, isReady: false, routes: routes)
    }

    // MARK: Readiness

    @Test("nothing is missing when everything is there, whatever the trouble was before")
    func ready() {
        #expect(Self.status(trouble: "old", [Self.route("a")]).missing == [])
    }

    @Test("what is missing is said, a line each, with the reason")
    func missing() {
        let away = Self.status(isConnected: false, hasSession: false, trouble: "refused", [Self.route("a", isSubscribed: false)])
        #expect(
            away.missing == [
                "not connected to NATS", "no STAN session", "refused", "route a: not subscribed to a.channel",
            ]
        )
        let one = Self.status([Self.route("a"), Self.route("b", isSubscribed: false)])
        #expect(one.missing == ["route b: not subscribed to b.channel"])
        var refused = Self.route("c", isSubscribed: false)
        refused.trouble = "too many"
        #expect(Self.status([refused]).missing == ["route c: not subscribed to c.channel: too many"])
        #expect(Self.status(isConnected: false, [Self.route("a")]).missing == ["not connected to NATS"])
    }

    @Test("systemd shows one line, which says what is missing and why")
    func text() {
        let away = Self.status(isConnected: false, hasSession: true, trouble: "refused", [Self.route("a", isSubscribed: false)])
        #expect(StatusText.of(away) == "connecting to NATS: refused")
        #expect(StatusText.of(Self.status(isConnected: false, hasSession: false, [])) == "connecting to NATS")
        let without = Self.status(hasSession: false, trouble: "no answer", [Self.route("a", isSubscribed: false)])
        #expect(StatusText.of(without) == "connected to NATS, waiting for a STAN session: no answer")
        var refused = Self.route("c", isSubscribed: false)
        refused.trouble = "too many"
        #expect(
            StatusText.of(Self.status([Self.route("a"), refused])) == "connected, 1 of 2 routes not subscribed: c: too many"
        )
        let many = (1...7).map { Self.route("r\($0)", isSubscribed: false) }
        #expect(
            StatusText.of(Self.status(many)) == "connected, 7 of 7 routes not subscribed: r1, r2, r3, r4, r5 and 2 more"
        )
        #expect(StatusText.of(Self.status(trouble: "old", [Self.route("a")])) == "connected, 1 route subscribed")
        var ordered = Self.route("b")
        ordered.obstacle = RouteStatus.Obstacle(sequence: 7, sink: "hook", reason: "HTTP 500", isOfOneKey: false)
        #expect(
            StatusText.of(Self.status([Self.route("a"), ordered]))
                == "connected, 2 routes subscribed; route b: stopped for message 7, which hook has not taken: HTTP 500"
        )
    }

    @Test("what an ordered route waits for is said, with the sink that has not taken it and why")
    func obstacles() {
        var (ordered, keyed) = (Self.route("a"), Self.route("b"))
        ordered.obstacle = RouteStatus.Obstacle(sequence: 7, sink: "hook", reason: "HTTP 500", isOfOneKey: false)
        keyed.obstacle = RouteStatus.Obstacle(sequence: 8, sink: "hook", reason: "HTTP 422", isOfOneKey: true)
        var status = Self.status([ordered, Self.route("c"), keyed])
        status.sinks = ["hook": SinkCondition(), "gone": SinkCondition()]
        status.sinks["gone"]?.isPaused = true
        #expect(
            status.obstacles == [
                "sink gone: paused, since the endpoint says that it is gone (410); what waits for it is kept",
                "route a: stopped for message 7, which hook has not taken: HTTP 500",
                "route b: messages of the same key wait for message 8, which hook has not taken: HTTP 422",
            ]
        )
    }

    // MARK: Metrics

    @Test("every figure has its sample, with the labels of its route and sink")
    func metrics() {
        var route = Self.route("a", sinks: ["hook", "file"])
        route.counters.received = 10
        route.counters.acked = 7
        route.counters.sinks[0].retries = 5
        route.counters.sinks[1].delivered = 9
        route.counters.sinks[1].rejections = 1
        let lines = MetricsText(Self.status([route])).text.split(separator: "\n").map(String.init)
        for line in [
            #"stan_bridged_build_info{version="\#(Version.current)"} 1"#,
            "stan_bridged_session_up 1",
            "stan_bridged_reconnects_total 4",
            #"stan_bridged_messages_received_total{route="a"} 10"#,
            #"stan_bridged_messages_acked_total{route="a"} 7"#,
            #"stan_bridged_in_flight{route="a"} 3"#,
            #"stan_bridged_retrying{route="a"} 2"#,
            #"stan_bridged_oldest_unacked_seconds{route="a"} 1.5"#,
            #"stan_bridged_messages_delivered_total{route="a",sink="hook"} 0"#,
            #"stan_bridged_messages_delivered_total{route="a",sink="file"} 9"#,
            #"stan_bridged_delivery_failures_total{reason="retry",route="a",sink="hook"} 5"#,
            #"stan_bridged_delivery_failures_total{reason="rejected",route="a",sink="file"} 1"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test("a name with quotes, backslashes and newlines stays one label value")
    func escaping() {
        let text = MetricsText(Self.status([Self.route("a\"b\\c\nd")])).text
        #expect(text.contains(#"stan_bridged_in_flight{route="a\"b\\c\nd"} 3"#))
        #expect(!text.contains("\nd"))
    }

    @Test("the session is not up without its connection, and each metric is announced once, before its samples")
    func announcements() {
        let text = MetricsText(Self.status(isConnected: false, [Self.route("a"), Self.route("b")])).text
        #expect(text.contains("stan_bridged_session_up 0\n"))
        var announced: Set<Substring> = []
        for line in text.split(separator: "\n") where !line.hasPrefix("# HELP") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "{" })
            if line.hasPrefix("# TYPE") {
                #expect(announced.insert(words[2]).inserted)
                #expect(words[2].hasSuffix("_total") == (words[3] == "counter"))
            } else {
                // The samples of a histogram have names of their own.
                let family = ["_bucket", "_sum", "_count"].first { words[0].hasSuffix($0) }.map { words[0].dropLast($0.count) }
                let isAnnounced = announced.contains(words[0]) || family.map { announced.contains($0) } == true
                #expect(isAnnounced, "\(line)")
            }
        }
    }
}
