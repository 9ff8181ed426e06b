import NIOCore

/// Within which time systemd wants to hear from the daemon again and again, if it does. Pure.
struct WatchdogSettings: Equatable {
    var interval: TimeAmount

    /// - Parameters:
    ///   - variable: the environment: `WATCHDOG_USEC`, and `WATCHDOG_PID` where it is meant for one process only.
    ///   - processID: ours.
    init?(_ variable: (String) -> String?, processID: Int32) {
        guard let text = variable("WATCHDOG_USEC"), let microseconds = Int64(text), microseconds > 0,
            microseconds <= Int64.max / 1000
        else { return nil }
        if let owner = variable("WATCHDOG_PID"), Int32(owner) != processID { return nil }
        self.interval = .microseconds(microseconds)
    }
}
