import ArgumentParser
import Glibc
import Logging

/// The exit statuses of the daemon and its commands, after sysexits.h.
enum Exit {
    /// The server said no for good.
    static let unavailable = ExitCode(EX_UNAVAILABLE)
    /// Something in the input is not what it should be.
    static let badInput = ExitCode(EX_DATAERR)
    /// The input cannot be read.
    static let noInput = ExitCode(EX_NOINPUT)
    /// Our own fault.
    static let software = ExitCode(EX_SOFTWARE)
    /// An output cannot be used.
    static let output = ExitCode(EX_IOERR)
    /// The configuration is wrong.
    static let configuration = ExitCode(EX_CONFIG)
}

/// Writes a line for people to stderr, however long that takes.
///
/// - Parameter level: what it is to systemd's journal, if that is what reads it.
func complain(_ line: String, level: Logger.Level = .error) {
    var text = complaint(line, level: level) + "\n"
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// A line for people as stderr gets it: systemd's journal takes the level from a prefix.
func complaint(_ line: String, level: Logger.Level = .error) -> String {
    JournalStream.isStandardError ? "<\(ConsoleLogHandler.priority(level))>\(line)" : line
}
