import Delivery
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Feeds systemd's watchdog for as long as every thread that messages need comes round. It has a thread of its own: it must not depend
/// on any of those that it watches.
final class Watchdog: Sendable {
    private let settings: WatchdogSettings
    private let threads: @Sendable () -> [ThreadProbe]
    private let feed: @Sendable () -> Void
    private let logger: Logger
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let schedule: Mutex<WatchdogSchedule>

    /// - Parameters:
    ///   - threads: those that are watched; asked for again and again, since some come and go.
    ///   - feed: tells systemd.
    init(
        _ settings: WatchdogSettings,
        threads: @escaping @Sendable () -> [ThreadProbe],
        feed: @escaping @Sendable () -> Void,
        logger: Logger
    ) {
        self.settings = settings
        self.threads = threads
        self.feed = feed
        self.logger = logger
        self.schedule = Mutex(WatchdogSchedule(interval: settings.interval))
    }

    /// Begins to feed. Can be called once.
    func start() {
        self.group.next().scheduleRepeatedTask(
            initialDelay: .zero,
            delay: WatchdogSchedule.pause(interval: self.settings.interval)
        ) { _ in self.look() }
    }

    /// Feeds no more, and watches nothing.
    func stop() async {
        // The one error there is says that it was stopped before.
        try? await self.group.shutdownGracefully()
    }

    private func look() {
        let now = NIODeadline.now()
        let threads = self.threads()
        let turn = self.schedule.withLock { $0.turn(threads.map { ($0.name, $0.state) }, now: now) }
        for line in turn.lines { self.log(line) }
        guard turn.feeds else { return }
        self.feed()
        for thread in threads { thread.ask(now: now) }
    }

    private func log(_ line: WatchdogSchedule.Line) {
        switch line {
        case .silent(let name, let time):
            self.logger.error(
                """
                a thread hangs: the watchdog is not fed, and systemd will end the daemon and start it again, unless the thread goes on \
                before. What was not acked is delivered then
                """,
                metadata: ["thread": "\(name)", "for": "\(Self.seconds(time))"]
            )
        case .comesRoundAgain(let name):
            self.logger.notice("a thread that hung goes on", metadata: ["thread": "\(name)"])
        case .waitsForDisk(let name, let time):
            self.logger.warning(
                """
                the disk does not answer: what has to be written there waits, everything else goes on. Starting again would not help; \
                look for the disk's errors in the kernel's log
                """,
                metadata: ["thread": "\(name)", "for": "\(Self.seconds(time))"]
            )
        case .diskHasAnswered(let name):
            self.logger.notice("the disk has answered", metadata: ["thread": "\(name)"])
        }
    }

    private static func seconds(_ time: TimeAmount) -> String {
        "\(Double(time.nanoseconds / 1_000_000) / 1000)s"
    }
}
