import Delivery
import NIOCore

/// Decides when the watchdog is fed, and what the log says of threads that do not come round. Pure.
///
/// Threads are asked whenever the watchdog has been fed. It is fed again after half its interval if all have answered by then, and
/// otherwise as soon as they have.
struct WatchdogSchedule {
    typealias Thread = (name: String, state: Pulse.State)

    enum Line: Equatable {
        /// The thread has not answered for so long: the watchdog is not fed.
        case silent(String, TimeAmount)
        case comesRoundAgain(String)
        /// The thread has waited for the disk for so long, which does not keep the watchdog from being fed.
        case waitsForDisk(String, TimeAmount)
        case diskHasAnswered(String)
    }

    struct Turn: Equatable {
        var feeds = false
        var lines: [Line] = []
    }

    private let period: TimeAmount
    private var fedAt: NIODeadline?

    /// The threads of which the log says that they are silent, or wait for the disk.
    private var silent: Set<String> = []
    private var waiting: Set<String> = []

    /// - Parameter interval: the watchdog's.
    init(interval: TimeAmount) {
        self.period = .nanoseconds(interval.nanoseconds / 2)
    }

    /// Between two turns: a thread that answers late must be noticed before the watchdog's time is over.
    static func pause(interval: TimeAmount) -> TimeAmount {
        max(.milliseconds(1), .nanoseconds(interval.nanoseconds / 20))
    }

    /// What is to be done now. If it says to feed, the threads are to be asked again.
    mutating func turn(_ threads: [Thread], now: NIODeadline) -> Turn {
        var turn = Turn()
        let isDue = self.fedAt.map { now - $0 >= self.period } ?? true
        var isAnyoneSilent = false
        for thread in threads {
            switch thread.state {
            case .alive:
                if self.silent.remove(thread.name) != nil { turn.lines.append(.comesRoundAgain(thread.name)) }
                if self.waiting.remove(thread.name) != nil { turn.lines.append(.diskHasAnswered(thread.name)) }
            case .silent(let since):
                isAnyoneSilent = true
                if isDue, self.silent.insert(thread.name).inserted { turn.lines.append(.silent(thread.name, now - since)) }
            case .waitingForDisk(let since):
                if self.silent.remove(thread.name) != nil { turn.lines.append(.comesRoundAgain(thread.name)) }
                if now - since >= self.period, self.waiting.insert(thread.name).inserted {
                    turn.lines.append(.waitsForDisk(thread.name, now - since))
                }
            }
        }
        let names = Set(threads.map(\.name))
        self.silent.formIntersection(names)
        self.waiting.formIntersection(names)
        if isDue, !isAnyoneSilent {
            turn.feeds = true
            self.fedAt = now
        }
        return turn
    }
}
