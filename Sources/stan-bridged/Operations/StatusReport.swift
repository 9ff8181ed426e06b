import Delivery
import FoundationEssentials
import NIOCore

/// What `/status` answers: how the daemon stands, for machines, for `stan-bridged status` and for the status page.
///
/// The names of the keys are those of the properties in `snake_case`. They are relied on: they are added to, and not changed. What is not
/// known, or has nothing to say, is left out.
struct StatusReport: Codable, Sendable, Equatable {
    var version: String
    /// RFC 3339, in UTC.
    var startedAt: String
    var uptimeSeconds: Double
    /// As `/readyz` has it.
    var ready: Bool
    /// What somebody should know of, a sentence each, the worst first.
    var problems: [String]
    var session: Session
    var routes: [Route]
    var sinks: [Sink]
    /// The last time that the configuration was loaded again; absent while it was not.
    var reload: Reload?

    struct Reload: Codable, Sendable, Equatable {
        enum Result: String, Codable, Sendable {
            case ok
            /// The old configuration goes on.
            case refused
        }

        var result: Result
        /// RFC 3339, in UTC.
        var at: String
        /// Why it was refused, an error each; empty where it was not.
        var errors: [String]
    }

    struct Session: Codable, Sendable, Equatable {
        /// To NATS.
        var connected: Bool
        /// The STAN session.
        var established: Bool
        /// Host and port of the NATS server.
        var server: String?
        var cluster: String
        var client: String
        /// Why something of it is missing.
        var trouble: String?
        var reconnects: UInt64
    }

    struct Route: Codable, Sendable, Equatable {
        enum State: String, Codable, Sendable {
            case subscribed
            case notSubscribed = "not_subscribed"
            /// Ordered, and a message fails: all others wait for it.
            case stopped
            /// A message fails, and those of the same key wait for it.
            case partlyStopped = "partly_stopped"
        }

        var name: String
        var channel: String
        var state: State
        /// Why it is in a state other than `subscribed`.
        var reason: String?
        /// The message that others wait for.
        var waitsFor: UInt64?
        var perSecond: Double
        var inFlight: Int
        var retrying: Int
        var oldestUnackedSeconds: Double
        var lag: UInt64?
        var received: UInt64
        var redelivered: UInt64
        var duplicatesSuppressed: UInt64
        var refused: UInt64
        var acked: UInt64
        var skipped: UInt64
        var deadLettered: UInt64
        var deadLetterFailures: UInt64
        /// Where they go; absent where they are kept and tried for ever.
        var deadLetterSink: String?
        var lastDeadLetter: Failure?
        var sinks: [RouteSink]
    }

    /// What a route gives to a sink.
    struct RouteSink: Codable, Sendable, Equatable {
        var name: String
        var perSecond: Double
        var delivered: UInt64
        var retries: UInt64
        var rejections: UInt64
        var unavailable: UInt64
        var deadLettered: UInt64
        /// Present while something that has failed has not been delivered.
        var lastFailure: Failure?
    }

    struct Failure: Codable, Sendable, Equatable {
        var sequence: UInt64
        var sink: String
        var reason: String
        var secondsAgo: Double
    }

    struct Sink: Codable, Sendable, Equatable {
        enum State: String, Codable, Sendable {
            case working
            /// It fails, and is left alone for a while.
            case breakerOpen = "breaker_open"
            /// It has said that it is gone (410).
            case paused
        }

        var name: String
        var state: State
        /// Of a sink that writes files.
        var files: Files?
    }

    struct Files: Codable, Sendable, Equatable {
        var bytesWritten: Int
        var syncs: Int
        var copies: Int
        var open: Int
    }

    // MARK: JSON

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite, and all else always encodes.
        return (try? encoder.encode(self)).map { Array($0) } ?? Array("{}".utf8)
    }

    /// - Throws: when it is not what the daemon writes.
    init(json: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: Data(json))
    }
}

// MARK: - From the bridge

extension StatusReport {
    /// - Parameters:
    ///   - clock: nanoseconds since the Unix epoch.
    ///   - now: the same moment.
    init(_ status: Bridge.Status, clock: Int64, now: NIODeadline) {
        self.version = Version.current
        self.startedAt = Timestamp.format(status.startedAt)
        self.uptimeSeconds = Self.rounded(Double(max(0, clock - status.startedAt)) / 1e9)
        self.ready = status.missing.isEmpty
        self.problems = status.problems
        self.session = Session(
            connected: status.session.isConnected,
            established: status.session.hasSession,
            server: status.session.server,
            cluster: status.session.cluster,
            client: status.session.client,
            trouble: status.session.isConnected && status.session.hasSession ? nil : status.session.trouble,
            reconnects: status.session.reconnects
        )
        self.routes = status.routes.map { Route($0, now: now) }
        self.sinks = status.sinks.sorted { $0.key < $1.key }.map { Sink($0.key, $0.value) }
        self.reload = Reload(status.reloads)
    }

    /// To milliseconds: nobody reads more.
    fileprivate static func rounded(_ number: Double) -> Double {
        number.isFinite ? (number * 1000).rounded() / 1000 : 0
    }
}

extension StatusReport.Route {
    fileprivate init(_ route: RouteStatus, now: NIODeadline) {
        self.name = route.name
        self.channel = route.channel
        self.state = .subscribed
        if !route.isSubscribed {
            self.state = .notSubscribed
            self.reason = route.trouble
        } else if let obstacle = route.obstacle {
            self.state = obstacle.isOfOneKey ? .partlyStopped : .stopped
            self.reason = "\(obstacle.sink): \(obstacle.reason)"
        }
        self.waitsFor = route.obstacle?.sequence
        self.perSecond = StatusReport.rounded(route.rate)
        self.inFlight = route.inFlight
        self.retrying = route.retrying
        self.oldestUnackedSeconds = StatusReport.rounded(route.oldestUnackedSeconds)
        self.lag = route.lag
        self.received = route.counters.received
        self.redelivered = route.counters.redelivered
        self.duplicatesSuppressed = route.counters.duplicatesSuppressed
        self.refused = route.counters.refused
        self.acked = route.counters.acked
        self.skipped = route.counters.skipped
        self.deadLettered = route.counters.sinks.reduce(0) { $0 + $1.deadLettered }
        self.deadLetterFailures = route.counters.deadLetterFailures
        self.deadLetterSink = route.deadLetterSink
        self.lastDeadLetter = route.lastDeadLetter.map { .init($0, now: now) }
        self.sinks = route.sinkNames.indices.map { index in
            let (name, counters) = (route.sinkNames[index], route.counters.sinks[index])
            return StatusReport.RouteSink(
                name: name,
                perSecond: StatusReport.rounded(index < route.sinkRates.count ? route.sinkRates[index] : 0),
                delivered: counters.delivered,
                retries: counters.retries,
                rejections: counters.rejections,
                unavailable: counters.unavailable,
                deadLettered: counters.deadLettered,
                lastFailure: route.failures.first { $0.sink == name }.map { .init($0, now: now) }
            )
        }
    }
}

extension StatusReport.Reload {
    fileprivate init?(_ reloads: Reloads) {
        guard let last = reloads.last, let time = reloads.lastAt else { return nil }
        self.at = Timestamp.format(time)
        switch last {
        case .made: (self.result, self.errors) = (.ok, [])
        case .refused(let errors): (self.result, self.errors) = (.refused, errors)
        }
    }
}

extension StatusReport.Failure {
    fileprivate init(_ failure: RouteStatus.Failure, now: NIODeadline) {
        self.sequence = failure.sequence
        self.sink = failure.sink
        self.reason = failure.reason
        self.secondsAgo = StatusReport.rounded(Double((now - failure.at).nanoseconds) / 1e9)
    }
}

extension StatusReport.Sink {
    fileprivate init(_ name: String, _ condition: SinkCondition) {
        self.name = name
        self.state = condition.isPaused ? .paused : condition.isBreakerOpen ? .breakerOpen : .working
        self.files = condition.files.map {
            .init(bytesWritten: $0.bytes, syncs: $0.syncs, copies: $0.copies, open: $0.open)
        }
    }
}
