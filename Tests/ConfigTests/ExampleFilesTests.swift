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
                return isCredential ? .success(Array("a secret\n".utf8)) : .failure(FileProblem("No such file or directory"))
            }
        )
        let loaded = Configuration.load(bytes, file: name, surroundings: surroundings)
        #expect(loaded.lines == [])
        #expect(loaded.configuration != nil)
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
        #expect(loaded.configuration?.nats.credentials == .token(Secret("secret")))
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
