import Glibc
import NIOCore

/// Lets a thread sleep until somebody rings or its time has come.
final class ThreadAlarm: Sendable {
    /// The ends of a pipe that holds a byte when somebody has rung.
    private let reading: Int32
    private let writing: Int32

    /// - Throws: when there are no descriptors left.
    init() throws(SystemCallError) {
        let ends = try Self.pipe()
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (self.reading, self.writing) = (ends[0], ends[1])
    }

    private static func pipe() throws(SystemCallError) -> [Int32] {
        var ends: [Int32] = [-1, -1]
        _ = try SystemCallError.check { Glibc.pipe(&ends) }
        return ends
    }

    deinit {
        close(self.reading)
        close(self.writing)
    }

    /// Wakes the thread, or keeps it from falling asleep.
    func ring() {
        // A full pipe has rung more than enough.
        _ = write(self.writing, "!", 1)
    }

    /// - Parameter deadline: nil waits for a ring only.
    func wait(until deadline: NIODeadline?) {
        var timeout: CInt = -1
        if let deadline {
            let rest = (deadline - .now()).nanoseconds
            timeout = CInt(clamping: max(0, (rest + 999_999) / 1_000_000))
        }
        var query = pollfd(fd: self.reading, events: Int16(POLLIN), revents: 0)
        guard poll(&query, 1, timeout) > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { bytes in
            while read(self.reading, bytes.baseAddress, bytes.count) == bytes.count {}
        }
    }
}
