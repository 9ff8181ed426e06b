import Foundation
import Testing

@testable import Config

@Suite("Files on disk")
struct ExampleFilesTests {
    /// Loads an example as a unit of systemd with whatever credentials it asks for.
    private static func load(example text: String) -> LoadedConfiguration {
        let surroundings = Surroundings(
            directory: "/etc/stan-bridged",
            variable: { $0 == "CREDENTIALS_DIRECTORY" ? "/run/credentials/stan-bridged.service" : nil },
            readFile: { path, _ in
                let isCredential = path.hasPrefix("/run/credentials/stan-bridged.service/")
                return isCredential
                    ? .success(Array("a-secret-of-24-characters\n".utf8)) : .failure(FileProblem("No such file or directory"))
            }
        )
        return Configuration.load(Array(text.utf8), file: "config.json", surroundings: surroundings)
    }

    @Test("the examples load without an error or a warning, name their schema, and hold no secret")
    func examples() throws {
        let examples = try SchemaCorpus.examples()
        for (name, text) in examples {
            let loaded = Self.load(example: text)
            #expect(loaded.lines == [], "\(name)")
            #expect(loaded.configuration != nil, "\(name)")
            #expect(try JSONTree(text)["$schema"]?.string == "stan-bridged.schema.json", "\(name)")
            // All that every user may read stands in the file itself.
            let open = Configuration.load(
                Array(text.utf8),
                file: name,
                surroundings: Surroundings(
                    directory: "/etc",
                    variable: { _ in "/run" },
                    readFile: { _, _ in .success(Array("a-secret-of-24-characters".utf8)) },
                    isOpenToAll: { $0 == name }
                )
            )
            #expect(open.alarms == [], "\(name)")
        }
        #expect(
            Set(["archive", "dead-letters", "fan-out", "queue-workers", "stan-bridged", "webhooks"]).isSubset(
                of: examples.map { String($0.name.dropLast(5)) }
            )
        )
    }

    @Test("the examples in the documentation load without an error or a warning")
    func documentation() throws {
        let examples = try SchemaCorpus.documented()
        for example in examples { #expect(Self.load(example: example).lines == [], "\(example)") }
        #expect(examples.count >= 4)
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

        let secret = folder.appendingPathComponent("t")
        try Data("secret\n".utf8).write(to: secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: secret.path)
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
