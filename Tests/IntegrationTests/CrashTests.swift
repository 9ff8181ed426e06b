import Delivery
import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// What is left after the daemon was killed in the middle of its work.
    @Suite("Crashes")
    struct CrashTests {
        @Test("10,000 messages and several SIGKILLs: nothing is missing, and the file has each once")
        func killedInTheMiddle() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let count = 10_000
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addFile("file", path: "out.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["hook", "file"],
                    #", "durable_name": "d", "ack_wait": "2s", "max_inflight": 512"#
                )
                var random = SplitMix64(seed: 20)
                let deaths = (1...4).map { $0 * count / 5 + Int.random(in: -900...900, using: &random) }

                var daemon = try await DaemonProcess.start(config, in: directory)
                async let publishing: Void = server.publish(count, to: channel)
                for death in deaths {
                    try await daemon.eventually("\(death) messages are taken") { receiver.takenCount >= death }
                    #expect(await daemon.kill() == .signal(9))
                    daemon = try await DaemonProcess.start(config, in: directory)
                }
                try await publishing
                try await daemon.eventually("all is delivered") { receiver.takenCount == count }
                try await daemon.eventually("nothing is held") { try await daemon.metric("in_flight") == 0 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(await daemon.terminate() == .status(0))

                let sequences = try directory.records(of: "out.ndjson").map(\.sequence)
                #expect(sequences.sorted() == Array(1...UInt64(count)))
                #expect(directory.text(of: "out.ndjson").hasSuffix("\n"))
                #expect(Set(receiver.taken.keys) == Set(1...UInt64(count)))
                // A crash repeats what was in hand at most, which is what the server may have sent without an ack.
                #expect(receiver.takenTwice <= deaths.count * 512)
                print(
                    """
                    \(count) messages, killed at \(deaths): \(receiver.takenTwice) posted twice or more
                    """
                )
            }
        }

        @Test("two daemons share a queue group; one is killed, and the other delivers the rest")
        func queueGroup() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(200, after: .milliseconds(20)) }
                let channel = server.uniqueName("jobs")
                func config(_ name: String) -> BridgeConfig {
                    var config = BridgeConfig(server, client: server.uniqueName(name))
                    config.addHTTP("hook", receiver.url)
                    config.addRoute(
                        channel: channel,
                        to: ["hook"],
                        #", "durable_name": "d", "queue": "q", "ack_wait": "3s", "max_inflight": 64"#
                    )
                    return config
                }
                let first = try await DaemonProcess.start(config("first"), in: directory)
                let second = try await DaemonProcess.start(config("second"), in: directory)
                async let publishing: Void = server.publish(2_000, to: channel)
                try await first.eventually("some is delivered") { receiver.takenCount >= 600 }
                for daemon in [first, second] { #expect(try await daemon.metric("messages_received_total") > 0) }
                await first.kill()
                try await publishing
                try await second.eventually("all is delivered") { receiver.takenCount == 2_000 }
                try await second.eventually("nothing is held") { try await second.metric("in_flight") == 0 }
                try await second.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(receiver.takenTwice <= 64)
                #expect(await second.terminate() == .status(0))
            }
        }
    }
}
