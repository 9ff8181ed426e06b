import DevServer
import NIOCore
import StanCore
import TestSupport
import Testing

extension DaemonTests {
    /// The daemon and a NATS server that has to be sure of it, and it of the server.
    @Suite("Secure connections")
    struct SecureConnectionTests {
        /// The seed bytes 0, 1, … 31.
        private static let seed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"
        private static let key = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"

        /// Takes the daemon with TLS, a client certificate and its key, and the STAN server, which knows no TLS, by a password.
        private func withServer(_ body: (NatsServerProcess, TestCertificates) async throws -> Void) async throws {
            let certificates = try TestCertificates.make()
            var options = NatsServerProcess.Options()
            options.configuration = """
                tls { cert_file: "\(certificates.server.certificate)", key_file: "\(certificates.server.key)"
                ca_file: "\(certificates.ca)", verify: true }
                allow_non_tls: true
                authorization { users: [ { user: dev, password: secret }, { nkey: \(Self.key) } ] }
                """
            try await withNATSServer(options) { try await body($0, certificates) }
        }

        private func config(_ server: NatsServerProcess, _ certificates: TestCertificates, cluster: String) -> BridgeConfig {
            var config = BridgeConfig(client: "secure")
            config.servers = ["tls://localhost:\(server.port)"]
            config.cluster = cluster
            config.nats = """
                , "nkey_seed_file": "user.nk", "tls": { "ca_file": "\(certificates.ca)",
                  "cert_file": "\(certificates.client.certificate)", "key_file": "\(certificates.client.key)" }
                """
            config.addFile("file", path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"], #", "durable_name": "d""#)
            return config
        }

        @Test("messages are delivered over TLS, with a client certificate and an nkey")
        func delivery() async throws {
            try await self.withServer { server, certificates in
                let url = "nats://dev:secret@127.0.0.1:\(server.port)"
                var options = StanServerOptions()
                options.clusterID = "secure-cluster"
                let stan = try await DevServer.start(options, natsURL: url)
                let directory = try TestDirectory()
                _ = try directory.write(Self.seed + "\n", to: "user.nk")
                let daemon = try await DaemonProcess.start(
                    self.config(server, certificates, cluster: "secure-cluster"),
                    in: directory
                )
                let client = try await StanClient.connect(
                    to: [url],
                    configuration: StanConfiguration(clusterID: "secure-cluster", clientID: "publisher")
                )
                for number in 0..<200 { try await client.publish(ByteBuffer(string: "message \(number)"), to: "orders") }
                try await client.close()
                try await daemon.eventually("all is delivered") { directory.lineCount(of: "out.ndjson") == 200 }
                #expect(await daemon.terminate() == .status(0))
                #expect(!daemon.log.contains { $0.contains(Self.seed) })
                try await stan.stop()
            }
        }

        @Test("a key that the server does not know is said to be refused, and the right one is used when it is there")
        func wrongKey() async throws {
            try await self.withServer { server, certificates in
                let directory = try TestDirectory()
                let seed = "SUAAGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGA6BEM"
                _ = try directory.write(seed, to: "user.nk")
                let daemon = try DaemonProcess.launch(self.config(server, certificates, cluster: "none"), in: directory)
                try await daemon.eventually("the refusal is logged") {
                    daemon.hasLogged("the NATS server said: Authorization Violation")
                }
                _ = try directory.write(Self.seed, to: "user.nk")
                try await daemon.eventually("the daemon is connected") { daemon.hasLogged("connected to NATS") }
                #expect(await daemon.terminate() == .status(0))
                #expect(!daemon.log.contains { $0.contains(seed) || $0.contains(Self.seed) })
            }
        }
    }
}
