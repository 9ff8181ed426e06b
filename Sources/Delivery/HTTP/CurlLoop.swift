import CCurl
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// libcurl's multi handle driven by epoll: everything that happens on the engine's thread.
///
/// libcurl says which sockets it wants to hear about and when to call it next; the loop waits for either, or for commands, and
/// calls libcurl. One turn is a round: what ended in it is judged, what waited is started, and then each route is told, once.
///
/// A socket stays known to epoll while its connection waits for the next request. libcurl asks for it to be taken out after each
/// transfer and to be put in again for the next one, which would be two system calls a message for nothing.
final class CurlLoop {
    private let engine: CurlEngine
    private let multi: UnsafeMutableRawPointer
    private let epoll: CInt
    private let wakeup: CInt
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// What is known of each socket, by its number.
    private var sockets: [SocketInterest] = []

    /// When libcurl wants to be called without an event: monotonic milliseconds. 0 is at once.
    private var deadline: Int64?

    private var lanes: [CurlEngine.LaneID: HTTPLane] = [:]

    /// When the first of them wants to be asked whether it may start something, while it waits for nothing else.
    private var nextWake: NIODeadline?
    private var scheduled: [HTTPLane] = []
    private var commands: [CurlEngine.Command] = []

    private struct SocketInterest {
        /// The events libcurl waits for.
        var wanted: UInt32 = 0

        /// The events epoll was asked for; 0 is not at all.
        var registered: UInt32 = 0

        /// Whether nothing may come on it while nothing is asked: so it is with HTTP/1.
        var isQuietWhenIdle = false
    }

    init(engine: CurlEngine, epoll: CInt, wakeup: CInt) {
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for a multi handle") }
        self.engine = engine
        self.multi = multi
        self.epoll = epoll
        self.wakeup = wakeup
        self.events = .allocate(capacity: 256)
        self.events.initialize(repeating: epoll_event())
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = stan_multi_set_socket_function(multi, socketInterestChanged)
        _ = stan_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context)
        _ = stan_multi_set_timer_function(multi, wantedTimeChanged)
        _ = stan_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context)
    }

    deinit { self.events.deallocate() }

    // MARK: Rounds

    /// Turns until a command says to stop. Can be called once.
    func run() {
        // Closes the connections that are still open, by way of `close`.
        defer { curl_multi_cleanup(self.multi) }
        while true {
            let isRunning = self.takeCommands()
            guard isRunning else { return }
            self.handleEnded()
            // Once a round, although there may be more to do at once: requests can end in the very call that starts them, and
            // with a fast endpoint and much that waits, reports and commands would wait for all of it.
            if self.isDue {
                self.deadline = nil
                self.act(on: stan_socket_timeout(), events: 0)
                self.handleEnded()
            }
            self.report()
            self.waitForEvents()
            self.scheduleWoken()
        }
    }

    private func waitForEvents() {
        self.nextWake = self.lanes.values.lazy.compactMap(\.nextWake).min()
        let mayBlock = !self.isDue && self.engine.fallAsleep()
        let count = epoll_wait(self.epoll, self.events.baseAddress, CInt(self.events.count), mayBlock ? self.timeout : 0)
        self.engine.wokeUp()
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = self.events[index]
            if event.data.fd == self.wakeup {
                self.engine.clearWakeup()
            } else {
                self.handle(event.events, on: event.data.fd)
            }
        }
    }

    /// Lanes whose gates may open now.
    private func scheduleWoken() {
        guard let nextWake = self.nextWake, nextWake <= .now() else { return }
        let now = NIODeadline.now()
        for lane in self.lanes.values {
            if let wake = lane.nextWake, wake <= now { self.schedule(lane) }
        }
    }

    private func handle(_ ready: UInt32, on socket: CInt) {
        guard Int(socket) < self.sockets.count else { return }
        let wanted = self.sockets[Int(socket)].wanted
        // An error or the other side's end shows itself in whatever libcurl does next with the socket.
        let happened = (ready & (Self.failed | Self.hungUp) != 0 ? Self.readable | Self.writable : ready) & wanted
        guard happened != 0 else {
            // Nobody waits for this: an idle connection was closed by the other side, or is still asked about for writing.
            if wanted == 0, self.sockets[Int(socket)].isQuietWhenIdle, ready & ~Self.writable != 0, Self.hasUnread(socket) {
                // What came unasked would be taken for the answer to the next request. So libcurl finds it closed.
                _ = shutdown(socket, CInt(SHUT_RDWR))
            }
            return self.register(socket, wanted)
        }
        var mask: CInt = 0
        if happened & Self.readable != 0 { mask |= CURL_CSELECT_IN }
        if happened & Self.writable != 0 { mask |= CURL_CSELECT_OUT }
        self.act(on: socket, events: mask)
    }

    private static let readable = EPOLLIN.rawValue
    private static let writable = EPOLLOUT.rawValue
    private static let failed = EPOLLERR.rawValue
    private static let hungUp = EPOLLHUP.rawValue

    /// Whether bytes, or an end, wait on it now. An event of this round may speak of an answer that a timer of libcurl's has had
    /// it read since.
    private static func hasUnread(_ socket: CInt) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)) >= 0
    }

    private func act(on socket: curl_socket_t, events: CInt) {
        var running: CInt = 0
        _ = curl_multi_socket_action(self.multi, socket, events, &running)
    }

    /// Judges what has ended, and starts what waited for it.
    private func handleEnded() {
        var remaining: CInt = 0
        while let message = curl_multi_info_read(self.multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = CurlTransfer.of(easy)
            else { continue }
            transfer.lane.ended(transfer, message.pointee.data.result)
            self.schedule(transfer.lane)
        }
        for lane in self.scheduled { lane.startWaiting() }
    }

    private func schedule(_ lane: HTTPLane) {
        guard !lane.isScheduled else { return }
        lane.isScheduled = true
        self.scheduled.append(lane)
    }

    private func report() {
        for lane in self.scheduled {
            lane.isScheduled = false
            lane.report()
        }
        self.scheduled.removeAll(keepingCapacity: true)
    }

    // MARK: Commands

    /// - Returns: whether to go on.
    private func takeCommands() -> Bool {
        self.engine.takeCommands(into: &self.commands)
        guard !self.commands.isEmpty else { return true }
        var isRunning = true
        for command in self.commands {
            switch command {
            case .open(let id, let endpoint, let condition, let logger):
                self.lanes[id] = HTTPLane(endpoint: endpoint, loop: self, condition: condition, logger: logger)
                self.limitConnections()
            case .drain(let id):
                guard let lane = self.lanes[id] else { continue }
                lane.drain()
                self.schedule(lane)
            case .recall(let id, let receiver):
                guard let lane = self.lanes[id] else { continue }
                lane.recall(for: receiver)
                self.schedule(lane)
            case .deliver(let id, let batch):
                guard let lane = self.lanes[id] else { continue }
                lane.accept(batch)
                self.schedule(lane)
            case .close(let id, let closed):
                if let lane = self.lanes.removeValue(forKey: id) {
                    self.abort(lane)
                    self.limitConnections()
                }
                closed.resume()
            case .beat:
                self.engine.beat()
            case .stop:
                for lane in self.lanes.values { self.abort(lane) }
                self.lanes.removeAll()
                isRunning = false
            }
        }
        self.commands.removeAll(keepingCapacity: true)
        return isRunning
    }

    private func abort(_ lane: HTTPLane) {
        lane.abort()
        self.scheduled.removeAll { $0 === lane }
    }

    /// As many connections are kept as can be in use at once.
    private func limitConnections() {
        let sum = self.lanes.values.reduce(0) { $0 + $1.endpoint.concurrency }
        _ = stan_multi_set_long(self.multi, CURLMOPT_MAXCONNECTS, max(1, sum))
    }

    // MARK: Transfers

    /// - Returns: whether libcurl took it.
    func add(_ transfer: CurlTransfer) -> Bool {
        curl_multi_add_handle(self.multi, transfer.easy) == CURLM_OK
    }

    func remove(_ transfer: CurlTransfer) {
        _ = curl_multi_remove_handle(self.multi, transfer.easy)
    }

    // MARK: Sockets

    /// What libcurl waits for on a socket has changed.
    fileprivate func interestChanged(_ socket: curl_socket_t, to what: CInt, easy: UnsafeMutableRawPointer?) {
        let index = Int(socket)
        while index >= self.sockets.count { self.sockets.append(SocketInterest()) }
        let wanted: UInt32 =
            switch what {
            case CURL_POLL_IN: Self.readable
            case CURL_POLL_OUT: Self.writable
            case CURL_POLL_INOUT: Self.readable | Self.writable
            default: 0
            }
        self.sockets[index].wanted = wanted
        let registered = self.sockets[index].registered
        if wanted == 0 {
            // Only a connection that an answer came on is known to be closed by way of `close` when its time comes; every other
            // socket (a resolver's, an attempt to connect that lost the race) may vanish without a word after this.
            if let easy, let transfer = CurlTransfer.of(easy), transfer.status != 0 {
                self.sockets[index].isQuietWhenIdle = !transfer.lane.sharesConnections
                return
            }
            self.register(socket, 0)
        } else if wanted & ~registered != 0 {
            self.register(socket, wanted)
        }
        // Else epoll is asked for this and more. If the rest ever happens, it is taken back then.
    }

    private func register(_ socket: curl_socket_t, _ wanted: UInt32) {
        let registered = self.sockets[Int(socket)].registered
        guard registered != wanted else { return }
        self.sockets[Int(socket)].registered = wanted
        var event = epoll_event(events: wanted, data: epoll_data_t(fd: socket))
        let operation = wanted == 0 ? EPOLL_CTL_DEL : registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        guard epoll_ctl(self.epoll, operation, socket, &event) != 0 else { return }
        // The number is used for another socket than the one epoll knew, or the other way round.
        if errno == ENOENT, wanted != 0 {
            _ = epoll_ctl(self.epoll, EPOLL_CTL_ADD, socket, &event)
        } else if errno == EEXIST {
            _ = epoll_ctl(self.epoll, EPOLL_CTL_MOD, socket, &event)
        }
    }

    /// Closes a connection's socket for libcurl; with that, epoll forgets it.
    func close(_ socket: curl_socket_t) -> CInt {
        if Int(socket) < self.sockets.count { self.sockets[Int(socket)] = SocketInterest() }
        #if canImport(Glibc)
        return Glibc.close(socket)
        #else
        return Musl.close(socket)
        #endif
    }

    // MARK: Time

    /// libcurl wants to be called after this time; -1 is not at all.
    fileprivate func timerChanged(toMilliseconds milliseconds: Int) {
        switch milliseconds {
        case ..<0: self.deadline = nil
        case 0: self.deadline = 0
        default: self.deadline = Self.now() + Int64(milliseconds)
        }
    }

    private var isDue: Bool {
        guard let deadline = self.deadline else { return false }
        return deadline == 0 || deadline <= Self.now()
    }

    /// For epoll: -1 is for ever.
    private var timeout: CInt {
        var timeout: Int64?
        if let deadline = self.deadline { timeout = deadline - Self.now() }
        if let nextWake = self.nextWake {
            // Rounded up: a little early would be once too often.
            let wake = (nextWake - .now()).nanoseconds / 1_000_000 + 1
            timeout = min(timeout ?? wake, wake)
        }
        return timeout.map { CInt(min(max($0, 0), 60_000)) } ?? -1
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The wall clock, for dates that the other side names.
    var secondsSinceEpoch: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }
}

/// libcurl calls this when it wants to hear about other events of a socket than before.
private func socketInterestChanged(
    easy: UnsafeMutableRawPointer?,
    socket: curl_socket_t,
    what: CInt,
    context: UnsafeMutableRawPointer?,
    socketContext: UnsafeMutableRawPointer?
) -> CInt {
    guard let context else { return 0 }
    Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().interestChanged(socket, to: what, easy: easy)
    return 0
}

/// libcurl calls this when it wants to be called at another time than before.
private func wantedTimeChanged(multi: UnsafeMutableRawPointer?, milliseconds: Int, context: UnsafeMutableRawPointer?) -> CInt {
    guard let context else { return 0 }
    Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().timerChanged(toMilliseconds: milliseconds)
    return 0
}
