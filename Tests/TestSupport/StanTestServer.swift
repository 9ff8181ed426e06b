package import DevServer
import Glibc
package import NATSTransport

/// What a test needs of a STAN server. Made by ``withStanServer(_:_:)``.
///
/// By default it is the project's development server, with a cluster id of its own, over a nats-server that the whole test process
/// shares. With `STAN_TEST_URL` (`nats://HOST:PORT`) it is the server that is there, whose cluster id `STAN_TEST_CLUSTER` says;
/// default `test-cluster`.
package struct StanTestServer: Sendable {
    /// The URL of the NATS server.
    package let url: String
    package let clusterID: String

    /// Its switches; nil when the server is a real one.
    package let devServer: DevServer?

    package init(url: String, clusterID: String, devServer: DevServer?) {
        self.url = url
        self.clusterID = clusterID
        self.devServer = devServer
    }

    /// Whether tests run against a server that is not ours, for `.enabled(if: !StanTestServer.isReal, "reason")`.
    package static var isReal: Bool { Self.realURL != nil }

    static let realURL = Self.environment("STAN_TEST_URL")

    static var realClusterID: String { Self.environment("STAN_TEST_CLUSTER") ?? "test-cluster" }

    /// Host and port of the NATS server, e.g. for a proxy.
    package var address: NATSServerAddress { NATSServerAddress(self.url) ?? NATSServerAddress(host: "127.0.0.1") }

    /// A name that no other test uses, good for channels, durables, queue groups and client ids.
    package func uniqueName(_ prefix: String) -> String { "\(prefix)-\(NUID.make())" }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}

/// Lends a STAN server. Development servers are stopped afterwards; what a test leaves on a real one stays there.
///
/// - Parameter configure: the options of the development server. A real server goes by its own.
package func withStanServer<Result>(
    _ configure: (inout StanServerOptions) -> Void = { _ in },
    _ body: (StanTestServer) async throws -> Result
) async throws -> Result {
    if let url = StanTestServer.realURL {
        return try await body(StanTestServer(url: url, clusterID: StanTestServer.realClusterID, devServer: nil))
    }
    var options = StanServerOptions()
    options.clusterID = "test-\(NUID.make())"
    configure(&options)
    let url = try await SharedNATSServer.url
    let devServer = try await DevServer.start(options, natsURL: url)
    do {
        let server = StanTestServer(url: url, clusterID: options.clusterID, devServer: devServer)
        let result = try await body(server)
        try await devServer.stop()
        return result
    } catch {
        try? await devServer.stop()
        throw error
    }
}
