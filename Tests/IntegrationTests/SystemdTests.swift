import Foundation
import NATSTransport
import TestSupport
import Testing

extension DaemonTests {
    /// The daemon under a service manager, which a test plays.
    @Suite("systemd")
    struct SystemdTests {
        @Test("READY, STATUS as it changes, WATCHDOG all the time, and STOPPING with time to finish")
        func life() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let systemd = try DatagramReceiver(directory.path(of: "notify"))
                let proxy = try await TCPProxy.start(to: server.address.host, port: server.address.port)
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: "nats://127.0.0.1:\(proxy.port)")
                config.addFile()
                config.addHTTP("hook", "http://127.0.0.1:1/")
                config.addRoute(channel: channel, to: ["file"], #", "durable_name": "d""#)
                config.addRoute("other", channel: server.uniqueName("others"), to: ["hook"])
                config.stateDirectory = "state"
                let daemon = try DaemonProcess.launch(
                    config,
                    in: directory,
                    environment: ["NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "1000000"]
                )
                var lines: [String] { systemd.lines }
                try await daemon.eventually("it is connected") { lines.last { $0.hasPrefix("STATUS=") } == Self.connected }
                #expect(lines.count { $0 == "READY=1" } == 1)
                let sinceReady = lines.drop { $0 != "READY=1" }
                #expect(sinceReady.dropFirst().first == "STATUS=connecting to NATS")
                let fed = lines.count { $0 == "WATCHDOG=1" }
                try await daemon.eventually("the watchdog is fed") { lines.count { $0 == "WATCHDOG=1" } > fed + 2 }

                try await proxy.cut()
                try await daemon.eventually("what is missing is said") {
                    lines.last { $0.hasPrefix("STATUS=") }?.hasPrefix("STATUS=connecting to NATS: ") == true
                }
                #expect(await daemon.terminate() == .status(0))
                let end = Array(lines.drop { $0 != "STOPPING=1" }.prefix(3))
                // The configured 20 s, and what closing may take.
                let expected = [
                    "STOPPING=1", "EXTEND_TIMEOUT_USEC=50000000", "STATUS=stopping: finishing what is in delivery",
                ]
                #expect(end == expected, "\(lines)")
                #expect(!daemon.hasLogged("a thread hangs"))
            }
        }

        private static let connected = "STATUS=connected, 2 routes subscribed"

        @Test("READY without a server, for that is nothing that starting again would mend")
        func readyWithoutServer() async throws {
            let directory = try TestDirectory()
            let systemd = try DatagramReceiver("@\(directory.path)")
            var config = BridgeConfig(client: "bridge")
            config.addFile(path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory, environment: ["NOTIFY_SOCKET": systemd.address])
            try await daemon.eventually("the status says what is missing") {
                systemd.lines.contains { $0.hasPrefix("STATUS=connecting to NATS: ") }
            }
            #expect(systemd.lines.contains("READY=1"))
            // Nobody has asked for it.
            #expect(!systemd.lines.contains("WATCHDOG=1"))
            #expect(await daemon.terminate() == .status(0))
            #expect(systemd.lines.contains("STOPPING=1"))
        }

        @Test("a reload is framed by RELOADING and READY, and the status says what came of it")
        func reload() async throws {
            let directory = try TestDirectory()
            let systemd = try DatagramReceiver(directory.path(of: "notify"))
            var config = BridgeConfig(client: "bridge")
            config.addFile(path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory, environment: ["NOTIFY_SOCKET": systemd.address])
            try await daemon.eventually("it is ready") { systemd.lines.contains("READY=1") }

            var reloads = 0
            func reload(_ text: String) async throws -> String {
                try directory.write(text, to: "bridge.json")
                daemon.program.signal(SIGHUP)
                reloads += 1
                try await daemon.eventually("systemd knows that it is over") {
                    systemd.lines.count { $0 == "READY=1" } == 1 + reloads
                }
                #expect(systemd.lines.count { $0 == "RELOADING=1" } == reloads)
                #expect(systemd.lines.count { $0.hasPrefix("MONOTONIC_USEC=") } == reloads)
                let ready = systemd.messages.last { $0.hasPrefix("READY=1\n") } ?? ""
                return String(ready.split(separator: ";").last ?? "")
            }
            let refused = try await reload("{}")
            #expect(refused.contains("refused"), "\(refused)")
            config.addRoute("more", channel: "others", to: ["file"])
            let taken = try await reload(config.text)
            #expect(!taken.contains("refused"), "\(taken)")
            #expect(taken != refused)
            #expect(await daemon.terminate() == .status(0))
        }

        @Test("no READY where an output cannot be opened", arguments: ["sink", "journal", "admin"])
        func notReady(output: String) async throws {
            let directory = try TestDirectory()
            let systemd = try DatagramReceiver(directory.path(of: "notify"))
            let occupant = try await WebhookReceiver.start()
            try directory.write("in the way", to: "state")
            var config = BridgeConfig(client: "bridge")
            config.addFile(path: output == "sink" ? directory.path : "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"], #", "durable_name": "d""#)
            if output == "journal" { config.stateDirectory = "state" }
            if output == "admin" { config.admin = #"{ "listen": "127.0.0.1:\#(occupant.port)" }"# }
            let daemon = try DaemonProcess.launch(config, in: directory, environment: ["NOTIFY_SOCKET": systemd.address])
            #expect(await daemon.program.end() == .status(74))
            #expect(!systemd.lines.contains("READY=1"), "\(systemd.lines)")
            try await occupant.stop()
        }

        @Test("a reader of the log that stalls holds up neither deliveries nor the end, and gets every line when it goes on")
        func stalledLog() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let (fifo, port) = (directory.path(of: "log"), freePort())
                #expect(mkfifo(fifo, 0o600) == 0)
                // Both ends, so that opening waits for nobody and there is always a reader. It is full before the first line.
                let ends = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC)
                defer { close(ends) }
                while write(ends, "x", 1) == 1 {}
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.admin = #"{ "listen": "127.0.0.1:\#(port)" }"#
                config.addFile()
                config.addRoute(channel: channel, to: ["file"])
                let path = try directory.write(config.text, to: "config.json")
                let command = ["/bin/sh", "-c", #"exec "$0" run --config "$1" 2>"$2""#, TestProgram.daemonPath, path, fifo]
                func ready() async -> Bool { (try? await HTTPGet.get("/readyz", port: port).status) == 200 }

                let daemon = TestProgram.start(command: command)
                try await eventually(within: .seconds(60), "it is ready") { await ready() }
                try await server.publish(1000, to: channel)
                try await eventually(within: .seconds(60), "every message is in the file") {
                    directory.lineCount(of: "\(channel).ndjson") == 1000
                }
                daemon.signal(SIGUSR1)
                var log = ""
                try await eventually(within: .seconds(60), "the log is complete") {
                    var bytes = [UInt8](repeating: 0, count: 65_536)
                    while case let count = read(ends, &bytes, bytes.count), count > 0 {
                        log += String(decoding: bytes[..<count], as: UTF8.self)
                    }
                    return log.contains("opening files again")
                }
                for line in ["stan-bridged starts", "admin address open", "connected to NATS", "STAN session established"] {
                    #expect(log.contains(line), "\(log.drop { $0 == "x" })")
                }
                #expect(!log.contains("left out"))

                while write(ends, "x", 1) == 1 {}
                daemon.signal(SIGTERM)
                #expect(await daemon.end() == .status(0))
            }
        }
    }
}
