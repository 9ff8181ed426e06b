import Foundation
import NIOCore
import Testing

@testable import DevServer

@Suite("nats-server process")
struct NatsServerProcessTests {
    @Test("Starts on a free port, takes connections, and is gone after stop")
    func startAndStop() async throws {
        let server = try await NatsServerProcess.start()
        #expect(server.port > 0)
        #expect(server.url == "nats://127.0.0.1:\(server.port)")
        #expect(kill(server.processID, 0) == 0)
        #expect(try Self.connect(to: server.port))
        await server.stop()
        #expect(kill(server.processID, 0) == -1)
        #expect(try !Self.connect(to: server.port))
        await server.stop()
    }

    @Test("Several run beside each other, and one can come back on its port")
    func fixedPort() async throws {
        let first = try await NatsServerProcess.start()
        let second = try await NatsServerProcess.start()
        #expect(first.port != second.port)
        await first.stop()
        var options = NatsServerProcess.Options()
        options.port = first.port
        let third = try await NatsServerProcess.start(options)
        #expect(third.port == first.port)
        await third.stop()
        await second.stop()
    }

    @Test("A configuration file is used, and leaves nothing behind")
    func configuration() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = #"authorization { user: "me", password: "secret" }"#
        var server: NatsServerProcess? = try await NatsServerProcess.start(options)
        let url = try #require(server?.url)
        let path = try #require(server?.directory?.path)
        #expect(FileManager.default.fileExists(atPath: path))
        await #expect(throws: DevServerError.self) { try await DevServer.start(natsURL: url) }
        let withUser = url.replacingOccurrences(of: "nats://", with: "nats://me:secret@")
        try await DevServer.start(natsURL: withUser).stop()
        await server?.stop()
        server = nil
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A server that cannot start says why")
    func failure() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = "port: {{{"
        let error = await #expect(throws: NatsServerError.self) { try await NatsServerProcess.start(options) }
        guard case .failedToStart(_, let reason, let output) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason == "exit status 1")
        #expect(!output.isEmpty)
    }

    @Test("A program that is not there, and one that never gets ready, are errors")
    func otherPrograms() async throws {
        var options = NatsServerProcess.Options()
        options.executable = "/nowhere/nats-server"
        await #expect(throws: NatsServerError.self) { try await NatsServerProcess.start(options) }
        let script = FileManager.default.temporaryDirectory.appendingPathComponent("stan-\(UUID().uuidString).sh")
        try "#!/bin/sh\necho waiting\nexec sleep 60\n".write(to: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
        defer { try? FileManager.default.removeItem(at: script) }
        options.executable = script.path
        options.startTimeout = 1
        let error = await #expect(throws: NatsServerError.self) { try await NatsServerProcess.start(options) }
        #expect(
            error
                == .failedToStart(path: script.path, reason: "it took no connections within 1 s", output: ["waiting"])
        )
    }

    @Test("The port is read from the log")
    func logLine() {
        #expect(NatsServerMonitor.port(in: "[1] [INF] Listening for client connections on 127.0.0.1:4222") == 4222)
        #expect(NatsServerMonitor.port(in: "[1] [INF] Server is ready") == nil)
    }

    private static func connect(to port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
