import Foundation
import Testing

@testable import Config

@Suite("Files on disk")
struct ExampleFilesTests {
    private static let examples = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("etc")

    @Test("the examples load without an error or a warning", arguments: ["stan-bridged.json", "webhooks.json", "archive.json"])
    func examples(_ name: String) throws {
        let bytes = try Array(Data(contentsOf: Self.examples.appendingPathComponent(name)))
        let surroundings = Surroundings(
            directory: "/etc/stan-bridged",
            variable: { $0 == "CREDENTIALS_DIRECTORY" ? "/run/credentials/stan-bridged.service" : nil },
            readFile: { path, _ in
                let isCredential = path.hasPrefix("/run/credentials/stan-bridged.service/")
                return isCredential
                    ? .success(Array("a-secret-of-24-characters\n".utf8)) : .failure(FileProblem("No such file or directory"))
            }
        )
        let loaded = Configuration.load(bytes, file: name, surroundings: surroundings)
        #expect(loaded.lines == [])
        #expect(loaded.configuration != nil)
    }

    /// The configurations in the documentation, in its order.
    private static func documented() throws -> [String] {
        let page = try String(
            contentsOf: Self.examples.deletingLastPathComponent().appendingPathComponent("docs/configuration.md"),
            encoding: .utf8
        )
        return page.components(separatedBy: "```json\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    @Test("the examples in the documentation load without an error or a warning, and the first one has every key")
    func documentation() throws {
        let credentials = [
            "nats-creds", "nats-ca", "nats-cert", "nats-key", "admin-token", "billing-token", "billing-secret",
            "billing-secret-before",
            "billing-ca", "billing-cert", "billing-key", "search-password",
        ]
        let files = Dictionary(uniqueKeysWithValues: credentials.map { ("/run/\($0)", Array("a-secret-of-24-characters".utf8)) })
        let examples = try Self.documented()
        for example in examples {
            #expect(load(example, variables: ["CREDENTIALS_DIRECTORY": "/run"], files: files).lines == [], "\(example)")
        }
        #expect(examples.count == 4)
        let example = try #require(examples.first)
        let keys = [
            "servers", "credentials_file", "ca_file", "cert_file", "key_file", "server_name", "insecure_skip_verify",
            "connect_timeout", "reconnect_wait", "cluster_id", "client_id", "ping_interval", "ping_max_out",
            "max_pub_acks_inflight",
            "discover_prefix", "url", "method", "headers", "timeout", "concurrency", "circuit_breaker", "failures", "open_for",
            "rate_limit", "per_second", "burst", "path", "format", "mode", "name", "channel", "durable_name", "queue", "start_at",
            "max_inflight", "ack_wait", "to", "ordering", "key", "when", "pointer", "equals", "in", "matches", "exists", "all",
            "any",
            "not", "retry", "initial", "max", "multiplier", "jitter", "max_attempts", "dead_letter", "listen", "token", "level",
            "shutdown_timeout", "state_dir", "event_type", "batch", "max_messages", "max_bytes", "max_wait", "compression",
            "sign",
            "secrets", "basic", "username", "password", "bearer", "low_speed", "below", "for", "http_version", "tls",
            "min_version",
            "proxy", "unix_socket", "follow_redirects", "retry_on", "reject_on", "sync",
            "rotate", "size", "every", "keep", "max_age", "compress", "idle_close", "max_open",
        ]
        #expect(keys.filter { !example.contains("\"\($0)\":") } == [])
    }

    @Test("reads a file, its secrets beside it, and the environment")
    func realFile() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stan-bridged-config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("config.json")
        try Data(text(sinks: #"{"s": {"type": "file", "path": "out.log"}}"#, rest: #""nats": {"token": {"file": "t"}}"#).utf8)
            .write(to: file)

        let missing = ConfigFile.load(path: file.path)
        #expect(
            missing.lines == [
                "\(file.path):5:28: nats.token.file: cannot read the file \(Quoted(folder.path + "/t")): No such file or directory"
            ]
        )

        try Data("secret\n".utf8).write(to: folder.appendingPathComponent("t"))
        let loaded = ConfigFile.load(path: file.path)
        #expect(loaded.lines == [])
        #expect(loaded.configuration?.nats.credentials == .token(Secret("secret", file: "\(folder.path)/t")))
        guard case .file(let sink) = loaded.configuration?.sinks.first?.kind else {
            Issue.record("no file sink")
            return
        }
        #expect(sink.path.text == "\(folder.path)/out.log")

        let variable = ConfigFile.surroundings(ofFile: file.path).variable
        #expect(variable("PATH") == ProcessInfo.processInfo.environment["PATH"])
        #expect(variable("STAN_BRIDGED_NO_SUCH_VARIABLE") == nil)
    }

    @Test("says why a file cannot be read")
    func unreadable() {
        #expect(
            ConfigFile.load(path: "/nonexistent/config.json").lines == [
                "/nonexistent/config.json: cannot be read: No such file or directory"
            ]
        )
        #expect(ConfigFile.load(path: "/").lines == ["/: cannot be read: Is a directory"])
        #expect(ConfigFile.load(path: "/dev/zero").lines == ["/dev/zero: cannot be read: it is larger than 16MiB"])
    }
}
