import ArgumentParser
import NIOCore
import StanCore

/// How the commands that are clients themselves reach the server.
struct ClientOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("A NATS server; may be given several times.", valueName: "url"))
    var server = ["nats://127.0.0.1:4222"]

    @Option(name: .long, help: ArgumentHelp("The cluster id of the STAN server.", valueName: "id"))
    var cluster = "test-cluster"

    @Option(name: .long, help: ArgumentHelp("The client id; a random one by default.", valueName: "id"))
    var client: String?

    /// - Throws: ends the command with status 69 when the server cannot be reached or says no.
    func connect(prefix: String, eventLoop: (any EventLoop)? = nil) async throws -> StanClient {
        var configuration = StanConfiguration(
            clusterID: self.cluster,
            clientID: self.client ?? "\(prefix)-\(UInt32.random(in: .min ... .max))"
        )
        configuration.pubAckTimeout = .seconds(10)
        do {
            return try await StanClient.connect(to: self.server, configuration: configuration, eventLoop: eventLoop)
        } catch {
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        }
    }
}
