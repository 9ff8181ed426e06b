import NIOCore

/// What systemd is told, as sd_notify(3) has it: a variable a line. Pure.
struct NotifyMessage: Equatable {
    private(set) var lines: [String] = []

    var text: String { self.lines.joined(separator: "\n") }

    /// Everything is open: start jobs are done, and what comes after us may start.
    var ready: NotifyMessage { self.adding("READY=1") }

    /// A new configuration is being read; `ready` ends it.
    ///
    /// - Parameter now: systemd takes it for the time of the monotonic clock at which that began.
    func reloading(now: NIODeadline) -> NotifyMessage {
        self.adding("RELOADING=1").adding("MONOTONIC_USEC=\(now.uptimeNanoseconds / 1000)")
    }

    var stopping: NotifyMessage { self.adding("STOPPING=1") }

    /// The threads that do the work come round.
    var watchdog: NotifyMessage { self.adding("WATCHDOG=1") }

    /// Starting or stopping may take so much longer from now on, whatever the unit says.
    func extendTimeout(_ time: TimeAmount) -> NotifyMessage {
        self.adding("EXTEND_TIMEOUT_USEC=\(max(0, time.nanoseconds) / 1000)")
    }

    /// What `systemctl status` shows. It may hold what others said: only its first bytes count, and no line of it begins a variable.
    func status(_ text: String) -> NotifyMessage {
        self.adding("STATUS=\(Self.oneLine(text))")
    }

    static let longestStatus = 500

    private func adding(_ line: String) -> NotifyMessage {
        var result = self
        result.lines.append(line)
        return result
    }

    private static func oneLine(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars {
            let scalar: Unicode.Scalar = scalar.properties.generalCategory == .control ? " " : scalar
            length += scalar.utf8.count
            guard length <= Self.longestStatus else { return String(result) + "…" }
            result.append(scalar)
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    fileprivate var utf8: String.UTF8View { String(self).utf8 }
}
