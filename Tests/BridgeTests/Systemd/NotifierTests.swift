import Logging
import NIOCore
import TestSupport
import Testing

@testable import stan_bridged

@Suite("Notifications to systemd")
struct NotifierTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func notifier(_ receiver: DatagramReceiver) -> Notifier {
        Notifier(address: receiver.address, logger: Self.quiet)
    }

    @Test("a life, by a path and by an abstract name", arguments: [true, false])
    func life(isAbstract: Bool) throws {
        try withTestDirectory { directory in
            let path = directory.path(of: "notify")
            let receiver = try DatagramReceiver(isAbstract ? "@\(path)" : path)
            let notifier = Self.notifier(receiver)
            #expect(notifier.isActive)
            notifier.opening()
            notifier.status("connecting")
            notifier.ready("connecting")
            notifier.status("connecting")
            notifier.status("connected")
            notifier.status("connected")
            notifier.feedWatchdog()
            notifier.stopping(within: .seconds(20))
            notifier.status("connecting")
            notifier.stopping(within: .seconds(20))
            #expect(
                receiver.messages == [
                    "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=opening outputs",
                    "READY=1\nSTATUS=connecting",
                    "STATUS=connected",
                    "WATCHDOG=1",
                    "STOPPING=1\nEXTEND_TIMEOUT_USEC=50000000\nSTATUS=stopping: finishing what is in delivery",
                ]
            )
        }
    }

    @Test("a reload is framed, and its verdict stays behind the status")
    func reload() throws {
        try withTestDirectory { directory in
            let receiver = try DatagramReceiver(directory.path(of: "notify"))
            let notifier = Self.notifier(receiver)
            // Before it is ready, a reload is none that systemd knows of.
            notifier.reloading()
            notifier.reloaded("too early")
            notifier.ready("connected")
            let before = NIODeadline.now().uptimeNanoseconds / 1000
            notifier.reloading()
            notifier.status("connected")
            notifier.reloaded("configuration refused: 2 errors")
            notifier.status("connected")
            notifier.status("connecting")
            notifier.reloading()
            notifier.reloaded("configuration reloaded")
            let after = NIODeadline.now().uptimeNanoseconds / 1000

            let messages = receiver.messages
            let times = messages.flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix("MONOTONIC_USEC=") }
                .compactMap { UInt64($0.dropFirst("MONOTONIC_USEC=".count)) }
            #expect(times.count == 2)
            #expect(times.allSatisfy { before...after ~= $0 })
            #expect(
                messages.map { $0.replacing(#/MONOTONIC_USEC=\d+/#, with: "MONOTONIC_USEC=") } == [
                    "READY=1\nSTATUS=connected",
                    "RELOADING=1\nMONOTONIC_USEC=\nSTATUS=reloading the configuration",
                    "READY=1\nSTATUS=connected; configuration refused: 2 errors",
                    "STATUS=connecting; configuration refused: 2 errors",
                    "RELOADING=1\nMONOTONIC_USEC=\nSTATUS=reloading the configuration",
                    "READY=1\nSTATUS=connecting; configuration reloaded",
                ]
            )
        }
    }

    @Test("without an address nobody is told, and nothing fails", arguments: [nil, "", "relative", "@", "/nowhere/notify"])
    func nobody(address: String?) {
        let notifier = Notifier(address: address, logger: Self.quiet)
        #expect(!notifier.isActive)
        notifier.opening()
        notifier.ready("connected")
        notifier.status("connecting")
        notifier.reloading()
        notifier.reloaded("fine")
        notifier.feedWatchdog()
        notifier.stopping(within: .seconds(1))
    }

    @Test("a path that is too long is refused rather than cut")
    func longPath() {
        #expect(!Notifier(address: "/" + String(repeating: "a", count: 108), logger: Self.quiet).isActive)
    }

    @Test("while systemd does not read, nothing waits for it, and the status is said again when it does")
    func fullSocket() throws {
        try withTestDirectory { directory in
            let receiver = try DatagramReceiver(directory.path(of: "notify"))
            let notifier = Self.notifier(receiver)
            notifier.ready("connecting")
            // More than any queue of datagrams holds.
            for _ in 0..<5000 { notifier.feedWatchdog() }
            notifier.status("connected")
            #expect(!receiver.messages.contains("STATUS=connected"))
            notifier.status("connected")
            #expect(receiver.messages.last == "STATUS=connected")
        }
    }

    @Test("ready is said once, and only when everything is open")
    func everythingIsOpen() throws {
        try withTestDirectory { directory in
            let receiver = try DatagramReceiver(directory.path(of: "notify"))
            let variables = ["NOTIFY_SOCKET": receiver.address]
            let supervision = Supervision(outputs: 2, variable: { variables[$0] }, logger: Self.quiet)
            supervision.observer.opened()
            #expect(receiver.messages.isEmpty)
            supervision.opened()
            supervision.opened()
            #expect(receiver.messages == ["READY=1\nSTATUS=connecting to NATS"])
        }
    }
}
