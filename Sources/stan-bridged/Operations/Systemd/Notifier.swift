import Logging
import NIOCore
import Synchronization

/// Tells systemd how the daemon stands: `READY=1` and the like, and what `systemctl status` shows. Does nothing where nobody wants to
/// know, which is so without `$NOTIFY_SOCKET`. May be used on any thread, and never blocks.
///
/// In this order: ``opening()`` as often as wanted, ``ready(_:)``, any number of ``status(_:)`` and of pairs of ``reloading()`` and
/// ``reloaded(_:)``, and ``stopping(within:)``.
final class Notifier: Sendable {
    private enum Phase {
        case starting
        case ready
        case reloading
        case stopping
    }

    private struct State {
        var phase = Phase.starting
        var status = ""
        /// What became of the last reload.
        var verdict: String?
        /// What systemd knows.
        var sentStatus: String?
        var hasComplained = false
    }

    private let socket: NotifySocket?
    private let logger: Logger
    private let state = Mutex(State())

    /// How much longer starting may take each time that ``opening()`` is called.
    private static let startExtension = TimeAmount.seconds(30)

    /// What closing the session, the files and the journals may take when all deliveries have ended.
    private static let closingTime = TimeAmount.seconds(30)

    /// - Parameters:
    ///   - address: what `$NOTIFY_SOCKET` holds; nil: nobody is told.
    ///   - logger: gets a line when systemd cannot be told.
    init(address: String?, logger: Logger) {
        self.logger = logger
        guard let address, !address.isEmpty else {
            self.socket = nil
            return
        }
        do {
            self.socket = try NotifySocket(address)
        } catch {
            self.socket = nil
            logger.warning(
                "systemd cannot be told that the daemon is ready: NOTIFY_SOCKET cannot be used",
                metadata: ["address": "\(address)", LogKey.reason: "\(error)"]
            )
        }
    }

    /// Whether anybody is told.
    var isActive: Bool { self.socket != nil }

    /// Outputs are being opened, which may take as long as it takes to read what files hold.
    func opening() {
        self.state.withLock { state in
            guard state.phase == .starting else { return }
            self.send(NotifyMessage().extendTimeout(Self.startExtension).status("opening outputs"), &state)
        }
    }

    /// Everything is open.
    ///
    /// - Parameter status: how the connection stands, for people.
    func ready(_ status: String) {
        self.state.withLock { state in
            guard state.phase == .starting else { return }
            state.phase = .ready
            state.status = status
            self.sendStatus(with: NotifyMessage().ready, &state)
        }
    }

    /// Says how things stand, if that has changed.
    func status(_ status: String) {
        self.state.withLock { state in
            state.status = status
            guard state.phase == .ready, Self.statusText(state) != state.sentStatus else { return }
            self.sendStatus(with: NotifyMessage(), &state)
        }
    }

    /// A new configuration is about to be read. ``reloaded(_:)`` has to follow, whatever comes of it.
    func reloading() {
        self.state.withLock { state in
            guard state.phase == .ready else { return }
            state.phase = .reloading
            self.send(NotifyMessage().reloading(now: .now()).status("reloading the configuration"), &state)
        }
    }

    /// The new configuration is in force, or was refused and the old one goes on.
    ///
    /// - Parameter verdict: which of the two, for people. `systemctl status` shows it behind the state of the connection until the next
    ///   reload.
    func reloaded(_ verdict: String) {
        self.state.withLock { state in
            guard state.phase == .reloading else { return }
            state.phase = .ready
            state.verdict = verdict
            self.sendStatus(with: NotifyMessage().ready, &state)
        }
    }

    /// The daemon is about to stop.
    ///
    /// - Parameter limit: how long it may finish and ack what is in delivery.
    func stopping(within limit: TimeAmount) {
        self.state.withLock { state in
            guard state.phase != .stopping else { return }
            state.phase = .stopping
            self.send(
                NotifyMessage().stopping.extendTimeout(limit + Self.closingTime).status(
                    "stopping: finishing what is in delivery"
                ),
                &state
            )
        }
    }

    /// The threads that do the work come round.
    func feedWatchdog() {
        _ = self.state.withLock { self.send(NotifyMessage().watchdog, &$0) }
    }

    // MARK: Sending

    private static func statusText(_ state: State) -> String {
        ([state.status] + (state.verdict.map { [$0] } ?? [])).joined(separator: "; ")
    }

    private func sendStatus(with message: NotifyMessage, _ state: inout State) {
        let text = Self.statusText(state)
        // What did not get through is tried again with the next state.
        state.sentStatus = self.send(message.status(text), &state) ? text : nil
    }

    @discardableResult
    private func send(_ message: NotifyMessage, _ state: inout State) -> Bool {
        guard let socket = self.socket else { return true }
        do {
            try socket.send(message)
            state.hasComplained = false
            return true
        } catch {
            if !state.hasComplained {
                state.hasComplained = true
                self.logger.warning(
                    "systemd does not take what it is told; it may take the daemon for dead",
                    metadata: ["message": "\(message.lines.first ?? "")", LogKey.reason: "\(error)"]
                )
            }
            return false
        }
    }
}
