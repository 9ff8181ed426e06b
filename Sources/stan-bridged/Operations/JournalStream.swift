import Glibc

/// systemd's journal, as something that standard error may lead to.
enum JournalStream {
    /// Whether it does.
    static var isStandardError: Bool {
        guard let variable = getenv("JOURNAL_STREAM") else { return false }
        return Self.isNamed(by: String(cString: variable), STDERR_FILENO)
    }

    /// Whether a descriptor is the stream that `$JOURNAL_STREAM` speaks of, by device and inode. The variable alone says little: it is
    /// inherited by programs whose output goes elsewhere.
    static func isNamed(by variable: String, _ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && variable == "\(status.st_dev):\(status.st_ino)"
    }
}
