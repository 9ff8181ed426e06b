import Glibc
import Synchronization

/// Writes whole lines to a descriptor for whoever reads it, and never waits for the reader.
///
/// As long as the other end takes what comes, a line is written before `write` returns, so that it is out whatever happens next. Once
/// it does not, lines wait, up to a number of bytes, and a thread that lives only while some wait writes them when the reader goes
/// on. Lines beyond that are left out, and one line in their place says how many.
final class LineOutput: Sendable {
    /// What the log goes to.
    static let standardError = LineOutput(descriptor: STDERR_FILENO)

    /// Makes the line that says that so many were left out, without a line break.
    typealias Notice = @Sendable (Int) -> String

    private struct State {
        /// What has not been written, from `written` on.
        var bytes: [UInt8] = []
        var written = 0
        /// The lines in it, and how many are named as left out in it.
        var lines = 0
        var announced = 0
        var leftOut = 0
        var notice: Notice = { "\($0) lines left out" }
        var hasThread = false

        var waiting: Int { self.bytes.count - self.written }
    }

    private enum Attempt {
        case wroteAll
        /// The other end is full.
        case mustWait
    }

    private let descriptor: Int32
    private let limit: Int
    private let isSocket: Bool
    private let state = Mutex(State())

    /// A pipe that is ready takes this much (PIPE_BUF) without making us wait, and in one piece.
    private static let piece = 4096

    /// - Parameters:
    ///   - descriptor: is not closed. Other processes may have it too, so its flags are left as they are.
    ///   - limit: how many bytes may wait. 1 MiB.
    init(descriptor: Int32, limit: Int = 1 << 20) {
        self.descriptor = descriptor
        self.limit = limit
        var status = stat()
        self.isSocket = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Writes a line, or keeps it for later, or leaves it out. May be called on any thread.
    ///
    /// - Parameters:
    ///   - line: without a line break at its end.
    ///   - notice: says in the same form that lines were left out.
    func write(_ line: String, notice: @escaping Notice) {
        self.state.withLock { state in
            state.notice = notice
            guard state.waiting == 0 || state.waiting + line.utf8.count < self.limit else {
                state.leftOut += 1
                return
            }
            Self.appendNotice(to: &state)
            Self.append(line, to: &state)
            state.lines += 1
            self.writeOrLeaveToThread(&state)
        }
    }

    /// Waits until everything is written, for so long at most. At the end of the process, when nobody will write the rest.
    func flush(milliseconds: Int32) {
        let deadline = Self.now + Int64(milliseconds)
        while self.state.withLock({ self.attempt(&$0) == .mustWait }) {
            let rest = deadline - Self.now
            guard rest > 0 else { return }
            self.waitForReader(milliseconds: Int32(clamping: rest))
        }
    }

    /// How many bytes wait.
    var waiting: Int { self.state.withLock { $0.waiting } }

    // MARK: Writing

    private static func append(_ line: String, to state: inout State) {
        state.bytes += line.utf8
        state.bytes.append(UInt8(ascii: "\n"))
    }

    private static func appendNotice(to state: inout State) {
        guard state.leftOut > 0 else { return }
        Self.append(state.notice(state.leftOut), to: &state)
        state.announced += state.leftOut
        state.leftOut = 0
    }

    private static func forgetAll(_ state: inout State) {
        state.bytes.removeAll(keepingCapacity: state.bytes.capacity <= 64 << 10)
        state.written = 0
        state.lines = 0
        state.announced = 0
    }

    private func writeOrLeaveToThread(_ state: inout State) {
        // Whoever comes while a thread writes stands in line: it is that one's turn.
        guard !state.hasThread, self.attempt(&state) == .mustWait else { return }
        // Where there can be no thread now, the next line tries again.
        state.hasThread = self.startThread()
    }

    /// Writes as much as can be written at once.
    private func attempt(_ state: inout State) -> Attempt {
        while true {
            if state.waiting == 0 {
                Self.forgetAll(&state)
                guard state.leftOut > 0 else { return .wroteAll }
                Self.appendNotice(to: &state)
            }
            guard self.isReady else { return .mustWait }
            let count = state.bytes.withUnsafeBytes { bytes in
                self.writeOnce(UnsafeRawBufferPointer(rebasing: bytes[state.written...].prefix(Self.piece)))
            }
            if count >= 0 {
                state.written += count
                if state.written > self.limit / 4 {
                    state.bytes.removeFirst(state.written)
                    state.written = 0
                }
            } else if errno == EAGAIN {
                return .mustWait
            } else if errno != EINTR {
                // A log that cannot be written is nothing to stop for. Should it work again, it says what is missing.
                state.leftOut += state.lines + state.announced
                Self.forgetAll(&state)
                return .wroteAll
            }
        }
    }

    private func writeOnce(_ bytes: UnsafeRawBufferPointer) -> Int {
        self.isSocket
            ? send(self.descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            : Glibc.write(self.descriptor, bytes.baseAddress, bytes.count)
    }

    private var isReady: Bool { self.waitForReader(milliseconds: 0) }

    /// - Returns: whether something can be written, or it is sure that nothing ever can.
    @discardableResult
    private func waitForReader(milliseconds: Int32) -> Bool {
        guard self.descriptor >= 0 else { return true }
        var query = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&query, 1, milliseconds) > 0
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    // MARK: The thread

    private func startThread() -> Bool {
        let output = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            guard let context else { return nil }
            Unmanaged<LineOutput>.fromOpaque(context).takeRetainedValue().writeWhatWaits()
            return nil
        }
        guard pthread_create(&thread, nil, body, output.toOpaque()) == 0 else {
            output.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func writeWhatWaits() {
        while true {
            let isDone = self.state.withLock { state in
                guard self.attempt(&state) == .wroteAll else { return false }
                state.hasThread = false
                return true
            }
            if isDone { return }
            self.waitForReader(milliseconds: -1)
        }
    }
}
