import Glibc
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// All that the daemon has to do with the one who started it and looks after it, where that is systemd; otherwise, nothing.
final class Supervision: Sendable {
    let notifier: Notifier

    /// How many outputs are still to be opened.
    private let unopened: Mutex<Int>
    private let watchdog = Mutex<Watchdog?>(nil)
    private let settings: WatchdogSettings?
    private let logger: Logger

    /// - Parameters:
    ///   - outputs: how many times ``opened()`` has to be called before the daemon is ready.
    ///   - variable: the environment.
    init(outputs: Int, variable: (String) -> String? = Supervision.environment, logger: Logger) {
        self.unopened = Mutex(outputs)
        self.notifier = Notifier(address: variable("NOTIFY_SOCKET"), logger: logger)
        self.settings = self.notifier.isActive ? WatchdogSettings(variable, processID: getpid()) : nil
        self.logger = logger
    }

    /// What the bridge tells.
    var observer: BridgeObserver {
        BridgeObserver(
            opened: { self.opened() },
            stopping: { self.notifier.stopping(within: $0) }
        )
    }

    /// Has the bridge's threads watched.
    ///
    /// - Returns: what has to run beside it.
    func begin(_ bridge: Bridge) -> [any Service] {
        guard self.notifier.isActive else { return [] }
        if let settings {
            let watchdog = Watchdog(
                settings,
                threads: { [weak bridge] in bridge?.threads ?? [] },
                feed: { self.notifier.feedWatchdog() },
                logger: self.logger
            )
            self.watchdog.withLock { $0 = watchdog }
        }
        return [StatusNotifier(notifier: self.notifier) { await bridge.status() }]
    }

    /// One of the outputs is open. The last one makes the daemon ready.
    func opened() {
        let isReady = self.unopened.withLock { unopened in
            unopened -= 1
            return unopened == 0
        }
        guard isReady else { return }
        self.notifier.ready("connecting to NATS")
        self.watchdog.withLock { $0?.start() }
    }

    /// To be called when everything has ended, before the event loop does.
    func end() async {
        await self.watchdog.withLock { $0.take() }?.stop()
    }

    static let environment: @Sendable (String) -> String? = { name in
        getenv(name).map { String(cString: $0) }
    }
}
