import Foundation
import TestSupport
import Testing

extension DaemonTests {
    /// Who can read what the daemon writes.
    @Suite("Modes of files")
    struct FileModeTests {
        @Test("no file and no directory of the daemon is open to others, even when the umask allows it")
        func modes() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { $0.sequence % 10 == 0 ? .status(400) : .status(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.stateDirectory = "state/deep"
                config.addHTTP("hook", receiver.url)
                config.addFile(
                    path: "files/{channel}/%Y/all.ndjson",
                    #", "rotate": { "size": "1KiB", "keep": 3, "compress": "gzip" }, "idle_close": "50ms""#
                )
                config.addFile("dead", path: "dead/letters.ndjson", #", "format": "json""#)
                config.addRoute(channel: channel, to: ["hook", "file"], #", "durable_name": "d", "dead_letter": "dead""#)
                let daemon = try DaemonProcess.launch(config, in: directory, umask: "000")
                try await daemon.waitUntilReady()
                try await server.publish(100, to: channel)
                try await daemon.eventually("all is delivered, and the last has been compressed") {
                    let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
                    return directory.lineCount(of: "dead/letters.ndjson") == 10 && receiver.takenCount == 90
                        && names.count { $0.hasSuffix(".gz") } == 3
                }
                #expect(await daemon.terminate() == .status(0))
                var kinds: Set<String> = []
                for name in try FileManager.default.subpathsOfDirectory(atPath: directory.path) where !name.hasSuffix(".json") {
                    let attributes = try FileManager.default.attributesOfItem(atPath: directory.path(of: name))
                    let mode = try #require(attributes[.posixPermissions] as? Int)
                    let isDirectory = attributes[.type] as? FileAttributeType == .typeDirectory
                    #expect(mode & ~(isDirectory ? 0o750 : 0o640) == 0, "\(name) has \(String(mode, radix: 8))")
                    kinds.insert(isDirectory ? "directory" : name.split(separator: ".").last.map(String.init) ?? name)
                }
                // Directories, what was written, what was put aside, and what is remembered.
                #expect(kinds.isSuperset(of: ["directory", "ndjson", "gz"]) && kinds.count > 4, "\(kinds)")
            }
        }
    }
}
