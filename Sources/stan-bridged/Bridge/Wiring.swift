import Compression
import Config
import Delivery
import Logging
import NATSTransport
import NIOCore
import StanCore

/// Makes the parts of the daemon from its configuration. The one place that knows both a configured value and what it is for.
enum Wiring {
    static func logChoice(_ log: Configuration.Log) -> LogChoice.Values {
        let level: Logger.Level =
            switch log.level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        let format: ConsoleLogHandler.Format =
            switch log.format {
            case .text: ConsoleLogHandler.textFormat
            case .json: .json
            }
        return LogChoice.Values(level: level, format: format)
    }

    static func admin(
        _ admin: Configuration.Admin,
        status: @escaping @Sendable () async -> Bridge.Status,
        logger: Logger
    ) -> AdminServer {
        AdminServer(
            host: admin.host,
            port: Int(admin.port),
            token: admin.token?.reveal(),
            status: status,
            logger: logger
        )
    }

    /// - Throws: ``SinkError`` when what a sink needs is not there.
    static func bridge(
        _ configuration: Configuration,
        startLimit: TimeAmount? = nil,
        eventLoop: any EventLoop,
        observer: BridgeObserver = BridgeObserver(),
        logger: Logger
    ) throws -> Bridge {
        var settings = try Self.settings(configuration, eventLoop: eventLoop, logger: logger)
        settings.startLimit = startLimit
        return Bridge(settings: settings, eventLoop: eventLoop, observer: observer, logger: logger)
    }

    /// What a bridge does, with its sinks, which are not open yet.
    ///
    /// - Parameters:
    ///   - kept: sinks that there are already, by their names; the others are made.
    ///   - engine: what the HTTP sinks share, if there are any already.
    static func settings(
        _ configuration: Configuration,
        keeping kept: [String: any Sink] = [:],
        engine: CurlEngine? = nil,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws -> Bridge.Settings {
        let used = configuration.usedSinks
        let usesHTTP = used.contains { if case .http = $0.kind { true } else { false } }
        let engine = try usesHTTP ? engine ?? CurlEngine() : engine
        let sinks = try used.map {
            try kept[$0.name] ?? Self.sink($0, engine: engine, eventLoop: eventLoop, logger: logger)
        }
        return Bridge.Settings(
            nats: Self.nats(configuration),
            stan: Self.stan(configuration.stan),
            routes: configuration.routes.map { route in
                Bridge.Settings.Route(
                    name: route.name,
                    channel: route.channel,
                    subscription: Self.subscription(route),
                    retry: Self.retry(route.retry),
                    maxAttempts: route.retry.maxAttempts,
                    ordering: Self.ordering(route.ordering),
                    isWanted: route.when.map(Self.isWanted),
                    to: route.to.compactMap { name in used.firstIndex { $0.name == name } },
                    deadLetter: route.deadLetter.flatMap { name in used.firstIndex { $0.name == name } }
                )
            },
            sinks: sinks,
            engine: engine,
            shutdownTimeout: TimeAmount(configuration.shutdownTimeout),
            stateDirectory: configuration.stateDirectory
        )
    }

    // MARK: Sessions

    static func nats(_ configuration: Configuration) -> NATSConfiguration {
        var nats = NATSConfiguration(
            servers: configuration.nats.servers.map {
                NATSServerAddress(
                    host: $0.host,
                    port: Int($0.port),
                    credentials: Self.credentials($0.credentials),
                    usesTLS: $0.usesTLS
                )
            }
        )
        nats.name = configuration.stan.clientID
        nats.credentials = Self.credentials(configuration.nats.credentials)
        nats.tls = configuration.nats.tls.map(Self.tls)
        nats.connectTimeout = TimeAmount(configuration.nats.connectTimeout)
        nats.reconnectWait = TimeAmount(configuration.nats.reconnectWait)
        return nats
    }

    private static func credentials(_ credentials: Configuration.NATS.Credentials?) -> NATSCredentials {
        switch credentials {
        case .user(let name, let password): .password(user: name, password: password.reveal())
        case .token(let token): .token(token.reveal())
        case .nkeySeedFile(let path): .nkeySeedFile(path)
        case .credentialsFile(let path): .credentialsFile(path)
        case nil: .none
        }
    }

    private static func tls(_ tls: Configuration.TLS) -> NATSTLSConfiguration {
        var result = NATSTLSConfiguration()
        result.caFile = tls.caFile
        result.certificateFile = tls.certificateFile
        result.keyFile = tls.keyFile
        result.serverName = tls.serverName
        result.skipsVerification = tls.skipsVerification
        return result
    }

    static func stan(_ stan: Configuration.Stan) -> StanConfiguration {
        var result = StanConfiguration(clusterID: stan.clusterID, clientID: stan.clientID)
        result.requestTimeout = TimeAmount(stan.connectTimeout)
        result.pingInterval = TimeAmount(stan.pingInterval)
        result.pingMaxOut = Int(stan.pingMaxOut)
        result.maxPubAcksInFlight = Int(stan.maxPubAcksInflight)
        result.discoverPrefix = stan.discoverPrefix
        return result
    }

    private static func subscription(_ route: Configuration.Route) -> StanSubscriptionOptions {
        var options = StanSubscriptionOptions()
        options.start =
            switch route.startAt {
            case .newOnly: .newOnly
            case .first: .first
            case .lastReceived: .lastReceived
            case .sequence(let sequence): .sequence(sequence)
            case .time(let time): .time(time)
            case .ago(let duration): .ago(TimeAmount(duration))
            }
        options.durableName = route.durableName
        options.queueGroup = route.queue
        options.maxInFlight = route.maxInflight
        options.ackWait = TimeAmount(route.ackWait)
        return options
    }

    private static func retry(_ retry: Configuration.Retry) -> RetrySchedule {
        var schedule = RetrySchedule()
        schedule.initial = TimeAmount(retry.initial)
        schedule.maximum = TimeAmount(retry.max)
        schedule.multiplier = retry.multiplier
        schedule.jitter = retry.jitter
        return schedule
    }

    // MARK: Sinks

    /// A sink by itself, for sending messages to it again: it is always tried, whatever happened before.
    ///
    /// - Throws: ``SinkError`` when there is none of that name, or it needs the daemon.
    static func replaySink(
        _ name: String,
        of configuration: Configuration,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws -> (any Sink, CurlEngine?) {
        guard let sink = configuration.sink(named: name) else {
            let names = configuration.sinks.map(\.name).joined(separator: ", ")
            throw SinkError("there is no sink \"\(name)\" in the configuration (there are: \(names))")
        }
        switch sink.kind {
        case .http(let http):
            let engine = try CurlEngine()
            var settings = Self.http(http)
            settings.breaker = nil
            return (HTTPSink(name: name, configuration: settings, engine: engine, logger: logger), engine)
        case .file, .stdout:
            return (try Self.sink(sink, engine: nil, eventLoop: eventLoop, logger: logger), nil)
        case .stan:
            throw SinkError("the sink \"\(name)\" publishes to a channel (use --to-channel)")
        }
    }

    private static func sink(
        _ sink: Configuration.Sink,
        engine: CurlEngine?,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws -> any Sink {
        var logger = logger
        logger[metadataKey: LogKey.sink] = "\(sink.name)"
        switch sink.kind {
        case .http(let http):
            guard let engine else { throw SinkError("sink \(sink.name): no HTTP engine") }
            return HTTPSink(
                name: sink.name,
                configuration: Self.http(http),
                engine: engine,
                logger: logger
            )
        case .file(let file):
            return try FileSink(name: sink.name, configuration: try Self.file(file), logger: logger)
        case .stan(let stan):
            return StanSink(name: sink.name, channel: stan.channel.text, eventLoop: eventLoop)
        case .stdout(let stdout):
            return StdoutSink(name: sink.name, format: Self.format(stdout.format), logger: logger)
        }
    }

    static func compression(_ compression: Configuration.Compression) -> BodyCompressor.Format? {
        switch compression {
        case .identity: nil
        case .gzip: .gzip
        case .zstd: .zstd
        }
    }

    static func format(_ format: Configuration.RecordFormat) -> RecordFormat {
        switch format {
        case .json: .json
        case .raw: .raw
        case .lengthDelimited: .lengthDelimited
        }
    }
}
