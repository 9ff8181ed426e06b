import ArgumentParser
import Config
import NATSTransport
import NIOCore
import StanCore

/// How the commands that are clients themselves reach the server, and who they are there.
struct ClientOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A NATS server, nats://[user:password@|token@]host[:port] or tls://…; may be given several times.",
            discussion: "By default that of the configuration file, or else nats://127.0.0.1:4222.",
            valueName: "url"
        )
    )
    var server: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The cluster id of the STAN server.",
            discussion: "By default that of the configuration file, or else test-cluster.",
            valueName: "id"
        )
    )
    var cluster: String?

    @Option(name: .long, help: ArgumentHelp("The client id; a random one by default.", valueName: "id"))
    var client: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Take servers, credentials, TLS and cluster from a daemon's configuration file.",
            discussion: "What else is said here takes precedence. The client id is never taken: that one is the daemon's.",
            valueName: "file"
        ),
        completion: .file(extensions: ["json"])
    )
    var config: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A .creds file: a user's JWT and the seed that belongs to it.", valueName: "file"),
        completion: .file()
    )
    var credentialsFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A file with the seed of a user's nkey, SU….", valueName: "file"),
        completion: .file()
    )
    var nkeySeedFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Who may have signed the server's certificate, in PEM; nothing but TLS will do then.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsCaFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The client's certificate in PEM, for servers that demand one.", valueName: "file"),
        completion: .file()
    )
    var tlsCertFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The key of the client's certificate in PEM.", valueName: "file"),
        completion: .file()
    )
    var tlsKeyFile: String?

    func validate() throws {
        guard self.credentialsFile == nil || self.nkeySeedFile == nil else {
            throw ValidationError("--credentials-file and --nkey-seed-file exclude each other")
        }
        guard (self.tlsCertFile == nil) == (self.tlsKeyFile == nil) else {
            throw ValidationError("--tls-cert-file and --tls-key-file go together")
        }
        guard self.server.allSatisfy({ NATSServerAddress($0) != nil }) else {
            // Not repeated: there may be a password in it.
            throw ValidationError("--server is of the form nats://[user:password@|token@]host[:port], or the same with tls://")
        }
    }

    /// - Throws: ends the command with status 69 when the server cannot be reached or says no, and with status 78 when the
    ///   configuration file is wrong.
    func connect(prefix: String, eventLoop: (any EventLoop)? = nil) async throws -> StanClient {
        let loaded = try self.config.map { try ConfigOption.load($0, printWarnings: false) }
        do {
            return try await StanClient.connect(
                self.nats(loaded),
                configuration: self.stan(loaded, prefix: prefix),
                eventLoop: eventLoop
            )
        } catch {
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        }
    }

    private func nats(_ loaded: Configuration?) -> NATSConfiguration {
        var nats = loaded.map(Wiring.nats) ?? NATSConfiguration(servers: [NATSServerAddress(host: "127.0.0.1")])
        // The daemon's own name there is its client id.
        nats.name = nil
        let files: [NATSCredentials?] = [
            self.credentialsFile.map { .credentialsFile($0) }, self.nkeySeedFile.map { .nkeySeedFile($0) },
        ]
        if let credentials = files.compactMap(\.self).first {
            nats.credentials = credentials
            for index in nats.servers.indices { nats.servers[index].credentials = .none }
        }
        // Later: what stands in a URL given here is meant.
        if !self.server.isEmpty { nats.servers = self.server.compactMap { NATSServerAddress($0) } }
        var tls = nats.tls ?? NATSTLSConfiguration()
        if let tlsCaFile { tls.caFile = tlsCaFile }
        if let tlsCertFile { tls.certificateFile = tlsCertFile }
        if let tlsKeyFile { tls.keyFile = tlsKeyFile }
        if self.tlsCaFile != nil || self.tlsCertFile != nil { nats.tls = tls }
        return nats
    }

    private func stan(_ loaded: Configuration?, prefix: String) -> StanConfiguration {
        let client = self.client ?? "\(prefix)-\(UInt32.random(in: .min ... .max))"
        var stan = loaded.map { Wiring.stan($0.stan) } ?? StanConfiguration(clusterID: "test-cluster", clientID: client)
        stan.clientID = client
        if let cluster { stan.clusterID = cluster }
        stan.pubAckTimeout = .seconds(10)
        return stan
    }
}
