import Compression
import Logging
import NIOCore

/// What the requests of one sink are made with. Confined to the engine's thread.
final class HTTPRequestKit {
    let endpoint: HTTPEndpoint
    var encoder: HTTPBodyEncoder
    let compressor: BodyCompressor?

    /// What is made of the secrets as they are now.
    private(set) var resolved: HTTPEndpoint.Resolved
    private(set) var sinkLines: CurlHeaderList

    /// Where to connect to in place of the URL's host, where that is another one.
    let connectTo: CurlHeaderList?

    /// Grows when the secrets change.
    private(set) var generation = 0
    private let secrets: SecretKeeper

    /// Whether a message's request needs nothing but the lines that every message has.
    let isPlain: Bool

    init(_ endpoint: HTTPEndpoint, logger: Logger, now: NIODeadline) {
        let configuration = endpoint.configuration
        self.endpoint = endpoint
        self.encoder = HTTPBodyEncoder(format: configuration.format, batchFormat: configuration.batching?.format)
        self.secrets = SecretKeeper(endpoint.secrets, logger: logger, now: now)
        self.resolved = endpoint.initial
        self.sinkLines = CurlHeaderList(self.resolved.headerLines)
        self.compressor = configuration.compression.flatMap { BodyCompressor($0) }
        self.connectTo = endpoint.connectTo.map { CurlHeaderList([$0]) }
        let needsEventLines = if case .cloudEvents = configuration.format { true } else { false }
        self.isPlain =
            self.compressor == nil && self.resolved.signer == nil && endpoint.requestHeaders.isEmpty && !needsEventLines
            && configuration.batching == nil
        if configuration.compression != nil, self.compressor == nil {
            logger.error("there is no memory for compression; requests are sent without")
        }
    }

    /// To be called before requests are made: looks whether secrets have changed, if that was not just now.
    func refresh(now: NIODeadline) {
        let hasChanged = self.secrets.refresh(now: now) { index, value in
            var values = self.secrets.values
            values[index] = value
            do throws(SinkError) {
                _ = try self.endpoint.resolve(values)
                return nil
            } catch {
                return error.description
            }
        }
        guard hasChanged, let resolved = try? self.endpoint.resolve(self.secrets.values) else { return }
        self.resolved = resolved
        self.sinkLines = CurlHeaderList(resolved.headerLines)
        self.generation += 1
    }
}
