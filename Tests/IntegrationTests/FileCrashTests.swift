import Delivery
import Foundation
import TestSupport
import Testing

extension DaemonTests {
    /// What files hold after the daemon was killed, or others have moved them.
    @Suite("Files")
    struct FileCrashTests {
        @Test("100,000 messages in three formats and a storm of SIGKILLs: each is in each file once, and whole")
        func storm() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let count = 100_000
                let channel = server.uniqueName("ledger")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addFile("json", path: "out.ndjson", #", "rotate": { "size": "2MiB", "compress": "gzip" }"#)
                config.addFile("raw", path: "out.txt", #", "format": "raw", "rotate": { "size": "64KiB" }"#)
                config.addFile("delimited", path: "out.bin", #", "format": "length_delimited", "sync": { "interval": "100ms" }"#)
                config.addRoute(
                    channel: channel,
                    to: ["json", "raw", "delimited"],
                    #", "durable_name": "d", "ack_wait": "2s", "max_inflight": 4096"#
                )
                var random = SplitMix64(seed: UInt64(count))
                let deaths = (1...7).map { $0 * count / 8 + Int.random(in: -9_000...9_000, using: &random) }

                var daemon = try await DaemonProcess.start(config, in: directory)
                async let publishing: Void = server.publish(count, to: channel)
                for death in deaths {
                    try await daemon.eventually("about \(death) messages are taken") {
                        Self.size(of: "out.bin", in: directory) >= death * 16
                    }
                    #expect(await daemon.kill() == .signal(9))
                    daemon = try await DaemonProcess.start(config, in: directory)
                }
                try await publishing
                try await daemon.eventually("all is in the last file") {
                    try await daemon.metric("in_flight") == 0
                        && Self.size(of: "out.bin", in: directory)
                            == (1...count).reduce(0) { $0 + 4 + "message \($1)".utf8.count }
                }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                try await daemon.eventually("archives are compressed") {
                    Self.names(in: directory).allSatisfy { !$0.hasPrefix("out.ndjson.") || $0.hasSuffix("Z.gz") }
                }
                #expect(await daemon.terminate() == .status(0))

                let wanted = (1...count).map { "message \($0)" }.sorted()
                let raw = try await Self.lines(of: "out.txt", in: directory).sorted()
                #expect(raw == wanted)
                #expect(try Self.delimited(directory.bytes(of: "out.bin")).sorted() == wanted)
                let records = try await Self.lines(of: "out.ndjson", in: directory).map {
                    try JSONDecoder().decode(FileRecord.self, from: Data($0.utf8))
                }
                #expect(records.compactMap(\.text).sorted() == wanted)
                #expect(Self.names(in: directory).count { $0.hasPrefix("out.ndjson.") } >= 3)
                #expect(Self.names(in: directory).count { $0.hasPrefix("out.txt.") } >= 3)
            }
        }

        @Test("a file that was given another name is left alone after SIGUSR1, and a new one begins")
        func reopened() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let channel = server.uniqueName("moved")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addFile("file", path: "out.txt", #", "format": "raw""#)
                config.addRoute(channel: channel, to: ["file"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(10, to: channel)
                try await daemon.eventually("ten lines") { directory.lineCount(of: "out.txt") == 10 }
                try FileManager.default.moveItem(atPath: directory.path(of: "out.txt"), toPath: directory.path(of: "old.txt"))
                try await server.publish(10, to: channel) { "later \($0)" }
                try await daemon.eventually("still the same file") { directory.lineCount(of: "old.txt") == 20 }
                daemon.program.signal(SIGUSR1)
                try await daemon.eventually("the signal was seen") { daemon.hasLogged("SIGUSR1") }
                try await server.publish(10, to: channel) { "last \($0)" }
                try await daemon.eventually("a new file") { directory.lineCount(of: "out.txt") == 10 }
                #expect(directory.lineCount(of: "old.txt") == 20)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        private static func names(in directory: TestDirectory) -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: directory.path(of: "."))) ?? []
        }

        private static func size(of name: String, in directory: TestDirectory) -> Int {
            let attributes = try? FileManager.default.attributesOfItem(atPath: directory.path(of: name))
            return (attributes?[.size] as? Int) ?? 0
        }

        /// The lines of a file and of those that had its name before.
        private static func lines(of name: String, in directory: TestDirectory) async throws -> [String] {
            var lines: [String] = []
            for found in Self.names(in: directory) where found == name || found.hasPrefix("\(name).") {
                var bytes = try directory.bytes(of: found)
                if found.hasSuffix(".gz") { bytes = Array(try await Self.unpacked(directory.path(of: found)).utf8) }
                #expect(bytes.isEmpty || bytes.last == 0x0A)
                lines += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            }
            return lines
        }

        /// By the program that users have for it.
        private static func unpacked(_ path: String) async throws -> String {
            let zcat = TestProgram.start(command: [try #require(TestProgram.path(of: "zcat")), path])
            #expect(await zcat.end() == .status(0))
            return zcat.output
        }

        private static func delimited(_ bytes: [UInt8]) throws -> [String] {
            var bodies: [String] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                try #require(rest.count >= 4 + count)
                bodies.append(String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self))
                rest = rest.dropFirst(4 + count)
            }
            return bodies
        }
    }
}
