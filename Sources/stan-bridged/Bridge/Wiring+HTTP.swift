import Config
import Delivery
import NIOCore

extension Wiring {
    static func http(_ http: Configuration.HTTPSink) -> HTTPSink.Configuration {
        var result = HTTPSink.Configuration(
            url: http.url.text,
            method: http.method.rawValue,
            headers: http.headers.map { HTTPSink.Configuration.Header(name: $0.name, value: Self.value($0.value)) },
            timeout: http.timeout,
            connectTimeout: http.connectTimeout,
            concurrency: http.concurrency,
            breaker: http.circuitBreaker.map { .init(failures: $0.failures, openFor: TimeAmount($0.openFor)) },
            rateLimit: http.rateLimit.map { .init(perSecond: $0.perSecond, burst: $0.burst) },
            userAgent: "stan-bridged/\(Version.current)"
        )
        result.format = Self.format(of: http)
        result.compression = Self.compression(http.compression)
        result.batching = http.batch.map { batch in
            HTTPSink.Configuration.Batching(
                maxMessages: batch.maxMessages,
                maxBytes: batch.maxBytes,
                maxWait: TimeAmount(batch.maxWait),
                format: batch.format == .ndjson ? .ndjson : .jsonArray
            )
        }
        result.signingSecrets = http.signingSecrets.map { Self.secret($0, for: .signingSecret) }
        result.authorization = http.authorization.map { authorization in
            switch authorization {
            case .basic(let name, let password): .basic(username: name, password: Self.secret(password, for: .password))
            case .bearer(let token): .bearer(Self.secret(token, for: .bearerToken))
            }
        }
        result.lowSpeed = http.lowSpeed.map {
            HTTPSink.Configuration.LowSpeed(bytesPerSecond: $0.below, seconds: Int($0.duration.components.seconds))
        }
        result.connection = Self.connection(http)
        result.followsRedirects = http.followsRedirects
        result.retriedStatuses = http.retryOn
        result.rejectedStatuses = http.rejectOn
        return result
    }

    private static func format(of http: Configuration.HTTPSink) -> HTTPSink.Configuration.Format {
        switch http.format {
        case .raw: .raw
        case .json: .json
        case .cloudevents: .cloudEvents(type: http.eventType)
        case .cloudeventsStructured: .cloudEventsStructured(type: http.eventType)
        }
    }

    private static func connection(_ http: Configuration.HTTPSink) -> HTTPSink.Configuration.Connection {
        var connection = HTTPSink.Configuration.Connection()
        connection.version =
            switch http.version {
            case .auto: .automatic
            case .http1: .http1
            case .http2: .http2
            case .http2PriorKnowledge: .http2PriorKnowledge
            }
        connection.tls.caFile = http.tls.shared.caFile
        connection.tls.certificateFile = http.tls.shared.certificateFile
        connection.tls.keyFile = http.tls.shared.keyFile
        connection.tls.serverName = http.tls.shared.serverName
        connection.tls.skipsVerification = http.tls.shared.skipsVerification
        connection.tls.minimumVersion =
            switch http.tls.minimumVersion {
            case .tls12: .tls12
            case .tls13: .tls13
            }
        connection.proxy = http.proxy.map { Self.secret($0, for: .proxyURL) }
        connection.unixSocket = http.unixSocket
        return connection
    }

    // MARK: Secrets

    private static func value(_ value: Configuration.HTTPSink.Header.Value) -> HTTPSink.Configuration.Header.Value {
        switch value {
        case .secret(let secret):
            .secret(Self.secret(secret, for: .headerValue))
        case .template(let segments):
            .template(
                segments.map { segment in
                    switch segment {
                    case .text(let text): .literal(text.reveal())
                    case .placeholder(.channel): .channel
                    case .placeholder(.sequence): .sequence
                    case .placeholder(.route): .route
                    }
                }
            )
        }
    }

    /// A secret, and how it is read again when it is in a file.
    private static func secret(_ secret: Secret, for use: SecretUse) -> SinkSecret {
        guard let file = secret.file else { return SinkSecret(secret.reveal()) }
        return SinkSecret(secret.reveal(), file: file) { () throws(SinkError) in
            let text: String
            switch ConfigFile.surroundings(ofFile: file).readFile(file, Secret.maximumFile) {
            case .failure(let problem): throw SinkError("it cannot be read: \(problem)")
            case .success(let bytes):
                do throws(TextProblem) {
                    text = try Secret.text(ofFile: bytes)
                    try use.check(text)
                } catch {
                    throw SinkError("it \(error.message)")
                }
            }
            return text
        }
    }
}
