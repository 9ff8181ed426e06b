import DevServer
import NATSTransport
import TestSupport
import Testing

extension DaemonTests {
    /// `pub` and `sub` with credentials, TLS and a daemon's configuration.
    @Suite("Secure commands")
    struct SecureCommandTests {
        /// Wants TLS with a client certificate and a key from all but the STAN server.
        private func withServer(_ body: (_ port: Int, TestCertificates, TestKey) async throws -> Void) async throws {
            let certificates = try TestCertificates.make()
            let key = TestKey(.user, 5)
            var options = NatsServerProcess.Options()
            options.configuration = """
                tls { cert_file: "\(certificates.server.certificate)", key_file: "\(certificates.server.key)"
                ca_file: "\(certificates.ca)", verify: true }
                allow_non_tls: true
                authorization { users: [ { user: dev, password: secret }, { nkey: \(key.publicKey) } ] }
                """
            try await withNATSServer(options) { nats in
                var options = StanServerOptions()
                options.clusterID = "secure-cluster"
                let server = try await DevServer.start(options, natsURL: "nats://dev:secret@127.0.0.1:\(nats.port)")
                try await body(nats.port, certificates, key)
                try await server.stop()
            }
        }

        @Test("pub and sub show an nkey and a certificate; without, with the wrong one, and by a password")
        func flags() async throws {
            try await self.withServer { port, certificates, key in
                let directory = try TestDirectory()
                let seed = try directory.write(key.seed, to: "user.nk")
                let tls = [
                    "--tls-ca-file", certificates.ca, "--tls-cert-file", certificates.client.certificate,
                    "--tls-key-file", certificates.client.key,
                ]
                let reach = ["--server", "tls://localhost:\(port)", "--cluster", "secure-cluster"]
                let published = await TestProgram.run(["pub", "a", "hello", "--nkey-seed-file", seed] + reach + tls)
                #expect(published.errors == "published and acked: 1\n")
                let read = ["sub", "a", "--first", "--count", "1", "--raw", "--nkey-seed-file", seed]
                let subscriber = await TestProgram.run(read + reach + tls)
                #expect(subscriber.output == "hello\n", "\(subscriber.errors)")

                let refused = await TestProgram.run(["pub", "a", "x"] + reach + tls)
                #expect(await refused.end() == .status(69))
                #expect(refused.errors == "stan-bridged: the NATS server said: Authorization Violation\n")
                let missing = await TestProgram.run(["pub", "a", "x", "--credentials-file", "/no.creds"] + reach + tls)
                #expect(await missing.end() == .status(69))
                #expect(missing.errors == "stan-bridged: cannot read the credentials file /no.creds: No such file or directory\n")
                let untrusted = await TestProgram.run(["pub", "a", "x"] + reach)
                #expect(await untrusted.end() == .status(69))
                #expect(untrusted.errors.contains("demands a client certificate"), "\(untrusted.errors)")
                let password = ["--server", "nats://dev:secret@127.0.0.1:\(port)", "--cluster", "secure-cluster"]
                #expect(await TestProgram.run(["pub", "a", "x"] + password).end() == .status(0))
            }
        }

        @Test("--config takes servers, credentials, TLS and cluster from a daemon's file, and never its client id")
        func config() async throws {
            try await self.withServer { port, certificates, key in
                let directory = try TestDirectory()
                _ = try directory.write(key.seed, to: "user.nk")
                var config = BridgeConfig(client: "secure")
                config.servers = ["tls://localhost:\(port)"]
                config.cluster = "secure-cluster"
                config.nats = """
                    , "nkey_seed_file": "user.nk", "tls": { "ca_file": "\(certificates.ca)",
                      "cert_file": "\(certificates.client.certificate)", "key_file": "\(certificates.client.key)" }
                    """
                config.addFile("file", path: "out.ndjson")
                config.addRoute(channel: "orders", to: ["file"], #", "durable_name": "d""#)
                // The daemon runs: were its client id taken, the server would refuse.
                let daemon = try await DaemonProcess.start(config, in: directory)
                let path = try directory.write(config.text, to: "copy.json")
                let published = await TestProgram.run(["pub", "orders", "hello", "--config", path])
                #expect(published.errors == "published and acked: 1\n")
                let read = ["sub", "orders", "--first", "--count", "1", "--raw", "--config", path]
                #expect(await TestProgram.run(read).output == "hello\n")
                // What is said beside it takes precedence.
                let elsewhere = await TestProgram.run(["pub", "orders", "x", "--config", path, "--cluster", "none"])
                #expect(await elsewhere.end() == .status(69))
                #expect(elsewhere.errors.contains("\"none\""), "\(elsewhere.errors)")
                let wrong = await TestProgram.run(["pub", "orders", "x", "--config", path + ".missing"])
                #expect(await wrong.end() == .status(78))
                try await daemon.eventually("it is delivered") { directory.lineCount(of: "out.ndjson") == 1 }
                #expect(await daemon.terminate() == .status(0))
            }
        }
    }
}
