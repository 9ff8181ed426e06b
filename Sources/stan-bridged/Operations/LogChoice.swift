import Logging
import Synchronization

/// What is logged and how, for all loggers of the daemon; may change while it runs.
final class LogChoice: Sendable {
    struct Values: Sendable {
        var level: Logger.Level
        var format: ConsoleLogHandler.Format
    }

    private let values: Mutex<Values>

    init(_ values: Values) {
        self.values = Mutex(values)
    }

    var current: Values { self.values.withLock { $0 } }

    func change(to values: Values) {
        self.values.withLock { $0 = values }
    }
}
