import Delivery

/// The bridge's figures in the text format that Prometheus reads. Pure.
struct MetricsText {
    private(set) var text = ""

    init(_ status: Bridge.Status) {
        self.metric("build_info", .gauge, "The version of the daemon.") { [(["version": Version.current], 1)] }
        self.metric("session_up", .gauge, "Whether there is a STAN session over a live NATS connection.") {
            [([:], status.session.hasSession && status.session.isConnected ? 1 : 0)]
        }
        self.metric("reconnects_total", .counter, "How often the NATS connection or the STAN session came back.") {
            [([:], Double(status.session.reconnects))]
        }
        self.metric("config_reloads_total", .counter, "How often the configuration was loaded again, and what came of it.") {
            [(["result": "ok"], Double(status.reloads.made)), (["result": "refused"], Double(status.reloads.refused))]
        }
        self.routes(status, "messages_received_total", .counter, "Messages from the server, copies included.") {
            Double($0.counters.received)
        }
        self.routes(status, "messages_redelivered_total", .counter, "Messages that the server said it had sent before.") {
            Double($0.counters.redelivered)
        }
        self.routes(status, "duplicates_suppressed_total", .counter, "Copies that were not delivered a second time.") {
            Double($0.counters.duplicatesSuppressed)
        }
        self.routes(
            status,
            "messages_refused_total",
            .counter,
            "Messages beyond the route's capacity; the server sends them again."
        ) {
            Double($0.counters.refused)
        }
        self.routes(status, "messages_acked_total", .counter, "Acks sent to the server.") { Double($0.counters.acked) }
        self.routes(status, "messages_skipped_total", .counter, "Messages that the route's condition is not true of: acked only.")
        {
            Double($0.counters.skipped)
        }
        self.routes(status, "in_flight", .gauge, "Messages that are held and not acked.") { Double($0.inFlight) }
        self.routes(status, "retrying", .gauge, "Deliveries that wait to be tried again.") { Double($0.retrying) }
        self.routes(status, "oldest_unacked_seconds", .gauge, "How long the oldest message has been held.") {
            $0.oldestUnackedSeconds
        }
        self.sinks(status, "messages_delivered_total", .counter, "Messages that a sink has taken.") {
            [([:], Double($0.delivered))]
        }
        self.sinks(status, "delivery_failures_total", .counter, "Attempts to deliver that failed.") {
            [
                (["reason": "retry"], Double($0.retries)),
                (["reason": "rejected"], Double($0.rejections)),
                (["reason": "unavailable"], Double($0.unavailable)),
            ]
        }
        self.sinks(
            status,
            "messages_dead_lettered_total",
            .counter,
            "Messages that the dead-letter sink took because this sink could not."
        ) {
            [([:], Double($0.deadLettered))]
        }
        self.routes(
            status,
            "dead_letter_failures_total",
            .counter,
            "Attempts to give a message to the dead-letter sink that failed."
        ) {
            Double($0.counters.deadLetterFailures)
        }
        self.conditions(status, "breaker_open", .gauge, "Whether a sink is taken to be down and is left alone for a while.") {
            $0.isBreakerOpen ? 1 : 0
        }
        self.conditions(
            status,
            "sink_paused",
            .gauge,
            "Whether a sink has said that it is gone (410), and is sent nothing any more."
        ) {
            $0.isPaused ? 1 : 0
        }
        self.conditions(status, "file_bytes_written_total", .counter, "Bytes of messages that are on disk.") { $0.files?.bytes }
        self.conditions(status, "file_syncs_total", .counter, "How often messages were put on disk, all that waited at once.") {
            $0.files?.syncs
        }
        self.conditions(
            status,
            "file_copies_total",
            .counter,
            "Messages that a file held already, and that were not written again."
        ) {
            $0.files?.copies
        }
        self.conditions(status, "files_open", .gauge, "Files that are open.") { $0.files?.open }
    }

    private mutating func conditions(
        _ status: Bridge.Status,
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: (SinkCondition) -> Int?
    ) {
        self.metric(name, kind, help) {
            status.sinks.sorted { $0.key < $1.key }.compactMap { sink, condition in
                value(condition).map { (["sink": sink], Double($0)) }
            }
        }
    }

    private enum Kind: String {
        case counter
        case gauge
    }

    private typealias Samples = [(labels: [String: String], value: Double)]

    private mutating func routes(
        _ status: Bridge.Status,
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: (RouteStatus) -> Double
    ) {
        self.metric(name, kind, help) { status.routes.map { (["route": $0.name], value($0)) } }
    }

    private mutating func sinks(
        _ status: Bridge.Status,
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ values: (RouteCounters.PerSink) -> Samples
    ) {
        self.metric(name, kind, help) {
            status.routes.flatMap { route in
                zip(route.sinkNames, route.counters.sinks).flatMap { sink, counters in
                    values(counters).map { ($0.labels.merging(["route": route.name, "sink": sink]) { $1 }, $0.value) }
                }
            }
        }
    }

    private mutating func metric(_ name: String, _ kind: Kind, _ help: String, _ samples: () -> Samples) {
        let name = "stan_bridged_" + name
        self.text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in samples() {
            let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            self.text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
