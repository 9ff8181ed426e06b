import DevServer
import NIOCore

/// What a test needs of a server beyond its defaults. The same words configure the development server and a real one.
struct Needs: Sendable {
    /// Interval and timeout of heartbeats, and how many may fail in a row.
    var heartbeats: (interval: TimeAmount, timeout: TimeAmount, maxFailures: Int)?
    var limits = StanServerOptions.Limits()
    var replacesDurables = false

    /// The test stops the server and starts it again; on a store of files if it is to remember.
    var restart: Restart?

    enum Restart: Sendable {
        case memory
        case file
    }

    var monitoring = false

    /// Whether any server will do, as long as it has room for the test's channels.
    var isNothing: Bool {
        self.heartbeats == nil && !self.replacesDurables && !self.monitoring && self.restart == nil && self.limitArguments.isEmpty
    }

    func apply(to options: inout StanServerOptions) {
        if let heartbeats {
            options.heartbeats.interval = heartbeats.interval
            options.heartbeats.timeout = heartbeats.timeout
            options.heartbeats.maxFailures = heartbeats.maxFailures
        }
        options.limits = self.limits
        options.replaceDurable = self.replacesDurables
    }

    /// For the command line of a nats-streaming-server.
    var arguments: [String] {
        var arguments = self.limitArguments
        if let heartbeats {
            arguments += ["-hbi", Self.duration(heartbeats.interval), "-hbt", Self.duration(heartbeats.timeout)]
            arguments += ["-hbf", "\(heartbeats.maxFailures)"]
        }
        if self.replacesDurables { arguments.append("--replace_durable") }
        return arguments
    }

    private var limitArguments: [String] {
        let usual = StanServerOptions.Limits()
        var arguments: [String] = []
        if self.limits.maxChannels != usual.maxChannels { arguments += ["-mc", "\(self.limits.maxChannels)"] }
        if self.limits.maxMessages != usual.maxMessages { arguments += ["-mm", "\(self.limits.maxMessages)"] }
        if self.limits.maxBytes != usual.maxBytes { arguments += ["-mb", "\(self.limits.maxBytes)"] }
        if self.limits.maxSubscriptions != usual.maxSubscriptions { arguments += ["-msu", "\(self.limits.maxSubscriptions)"] }
        if self.limits.maxAge != usual.maxAge { arguments += ["-ma", Self.duration(self.limits.maxAge)] }
        if self.limits.maxInactivity != usual.maxInactivity { arguments += ["-mi", Self.duration(self.limits.maxInactivity)] }
        return arguments
    }

    private static func duration(_ amount: TimeAmount) -> String { "\(amount.nanoseconds / 1_000_000)ms" }
}
