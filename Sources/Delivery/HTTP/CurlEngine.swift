import CCurl
import Logging
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The HTTP client of the daemon: one thread with one libcurl multi handle, shared by all http sinks.
///
/// All of libcurl's handles live on that thread. Commands with values go in by way of a mailbox, results come out by way of each
/// batch's receiver, on that thread. Must be shut down; the sinks that use it have to be closed before.
package final class CurlEngine: Sendable {
    typealias LaneID = UInt64

    enum Command: Sendable {
        case open(LaneID, HTTPEndpoint, SinkConditionBox, Logger)
        case drain(LaneID)
        case recall(LaneID, any DeliveryReceiver)
        case deliver(LaneID, DeliveryBatch)
        case close(LaneID, CheckedContinuation<Void, Never>)
        /// Whoever watches the thread wants to see it come round.
        case beat
        case stop
    }

    private struct Mailbox {
        var commands: [Command] = []

        /// Whether the thread may be waiting, so that it needs a wake-up to see what comes in.
        var isAsleep = false
        var isStopped = false
        var lastLane: LaneID = 0
    }

    private let mailbox = Mutex(Mailbox())
    private let thread: NIOThreadPool
    private let epoll: CInt
    private let wakeup: CInt
    private let pulse = Pulse()

    /// Starts the engine's thread.
    ///
    /// - Throws: when the libcurl of this system cannot be used, or the process has no file descriptors left.
    package init() throws(SinkError) {
        guard Self.globalInit == CURLE_OK else {
            throw SinkError("libcurl cannot be initialised: \(String(cString: curl_easy_strerror(Self.globalInit)))")
        }
        guard stan_resolves_asynchronously() else {
            throw SinkError(
                "libcurl \(String(cString: stan_version())) was built without asynchronous name resolution (ASYNCHDNS): "
                    + "one slow name server would hold up every endpoint; install a libcurl that has it"
            )
        }
        self.epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard self.epoll >= 0 else { throw SinkError("no epoll descriptor: \(String(cString: strerror(errno)))") }
        self.wakeup = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        guard self.wakeup >= 0 else {
            let error = SinkError("no event descriptor: \(String(cString: strerror(errno)))")
            close(self.epoll)
            throw error
        }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: self.wakeup))
        epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.wakeup, &event)
        self.thread = NIOThreadPool(numberOfThreads: 1)
        self.thread.start()
        self.thread.submit { _ in
            self.pulse.start()
            defer { self.pulse.stop() }
            CurlLoop(engine: self, epoll: self.epoll, wakeup: self.wakeup).run()
        }
    }

    deinit {
        close(self.epoll)
        close(self.wakeup)
    }

    /// Not safe to do twice, and forever: libcurl has no use for an end of it while the process lives.
    static let globalInit = stan_global_init()

    /// Ends all requests without reporting them, closes all connections and stops the thread.
    package func shutdown() async {
        self.send(.stop)
        try? await self.thread.shutdownGracefully()
    }

    /// The engine's thread.
    package var probe: ThreadProbe {
        ThreadProbe(name: "HTTP thread", pulse: self.pulse) { self.send(.beat) }
    }

    // MARK: For sinks, on any thread

    func makeLaneID() -> LaneID {
        self.mailbox.withLock {
            $0.lastLane += 1
            return $0.lastLane
        }
    }

    /// Hands a command over. Commands are taken in the order they come in, and not at all after `stop`.
    ///
    /// - Returns: whether it was taken.
    @discardableResult
    func send(_ command: Command) -> Bool {
        let (isTaken, needsWakeup) = self.mailbox.withLock { mailbox in
            guard !mailbox.isStopped else { return (false, false) }
            mailbox.commands.append(command)
            if case .stop = command { mailbox.isStopped = true }
            defer { mailbox.isAsleep = false }
            return (true, mailbox.isAsleep)
        }
        if needsWakeup { eventfd_write(self.wakeup, 1) }
        return isTaken
    }

    /// Ends what a lane has under way, and returns when nothing of it is left.
    func closeLane(_ id: LaneID) async {
        await withCheckedContinuation { closed in
            if !self.send(.close(id, closed)) { closed.resume() }
        }
    }

    // MARK: For the loop, on its thread

    /// Empties the mailbox into `commands`, which must be empty; its memory serves as the mailbox after that.
    func takeCommands(into commands: inout [Command]) {
        self.mailbox.withLock { swap(&$0.commands, &commands) }
    }

    /// Says that the thread is about to wait.
    ///
    /// - Returns: whether it may: false where there are commands already.
    func fallAsleep() -> Bool {
        self.mailbox.withLock { mailbox in
            mailbox.isAsleep = mailbox.commands.isEmpty
            return mailbox.isAsleep
        }
    }

    /// Says that the thread will look at the mailbox before it waits again.
    func wokeUp() {
        self.mailbox.withLock { $0.isAsleep = false }
    }

    func beat() {
        self.pulse.beat()
    }

    func clearWakeup() {
        var count: UInt64 = 0
        eventfd_read(self.wakeup, &count)
    }
}
