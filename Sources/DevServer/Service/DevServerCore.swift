import Glibc
import Logging
import NATSTransport
import NIOCore
import StanCore

/// Runs the state machine on an event loop: hands it what comes from NATS, does what it says, and wakes it when it is time.
final class DevServerCore {
    enum Launch {
        /// Makes sure that the cluster ID is free.
        case first
        case forgetting
        case keeping
    }

    private let address: NATSServerAddress
    let eventLoop: any EventLoop
    private let logger: Logger

    private(set) var machine: StanServerStateMachine
    private var store: FileStore?
    private var storeTimer: Scheduled<Void>?
    private var connection: NATSConnection?
    private var observer: DevServerObserver?
    /// Tells what belongs to a connection that has been left from what belongs to the present one.
    private(set) var epoch = 0
    private var subscriptions: [NATSSubscriptionID] = []
    private var ackInboxes: [SubscriptionID: NATSSubscriptionID] = [:]

    private var actions: [StanServerStateMachine.Action] = []
    private var isCarryingOut = false

    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture

    /// The time of the read of the socket that is being handled: looked up once for all of its messages.
    private var readTime: (now: NIODeadline, wallClock: Int64)?

    /// What goes wrong on purpose.
    var faults = DevServerFaults()
    /// What came while the server was paused; nil when it is not.
    private(set) var heldEvents: [() -> Void]?

    private(set) var traffic = StreamingMonitor.Traffic()
    private let startTime = DevServerCore.wallClock()
    private let serverID = NUID.make()

    /// Publishers name the same ack inbox every time.
    private var recentReply = ""

    init(options: StanServerOptions, address: NATSServerAddress, on eventLoop: any EventLoop, logger: Logger) {
        self.address = address
        self.eventLoop = eventLoop
        self.logger = logger
        self.machine = Self.makeMachine(options)
    }

    private static func makeMachine(_ options: StanServerOptions) -> StanServerStateMachine {
        StanServerStateMachine(options: options, inboxes: InboxGenerator(seed: .random(in: .min ... .max)))
    }

    // MARK: Coming and going

    /// - Returns: when requests are answered.
    func launch(_ launch: Launch) -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        self.epoch += 1
        var configuration = NATSConfiguration(servers: [self.address])
        configuration.name = "stan-bridged dev-server \(self.machine.options.clusterID)"
        let connection = NATSConnection(configuration: configuration, on: self.eventLoop, logger: self.logger)
        let connected = self.eventLoop.makePromise(of: Void.self)
        let observer = DevServerObserver(connected: connected, logger: self.logger)
        self.connection = connection
        self.observer = observer
        connection.addObserver(observer)
        connection.start()
        let epoch = self.epoch
        return connected.futureResult.assumeIsolated()
            .flatMap { launch == .first ? self.checkClusterID(connection) : self.eventLoop.makeSucceededVoidFuture() }
            .flatMap {
                guard self.epoch == epoch else { return self.eventLoop.makeFailedFuture(DevServerError.stopped) }
                do throws(StoreError) {
                    try self.recover(launch)
                } catch {
                    return self.eventLoop.makeFailedFuture(error)
                }
                self.serve(connection)
                if launch == .keeping || self.store != nil {
                    self.handle { $0.machine.restarted(now: $1.now, wallClock: $1.wallClock, into: &$2) }
                    self.readTime = nil
                }
                return connection.flush()
            }
            .nonisolated()
    }

    /// Leaves NATS.
    ///
    /// - Parameter flushing: whether acks that wait to be stored are; false is what a crash would do.
    /// - Returns: when the nats-server knows, so that whoever asks later hears at once that nobody is here.
    func leave(flushing: Bool = true) -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        self.closeStore(flushing: flushing)
        self.epoch += 1
        self.timer?.cancel()
        self.timer = nil
        self.timerDeadline = .distantFuture
        self.heldEvents = nil
        self.observer?.leave()
        self.observer = nil
        guard let connection = self.connection else { return self.eventLoop.makeSucceededVoidFuture() }
        self.connection = nil
        for subscription in self.subscriptions + self.ackInboxes.values { connection.unsubscribe(subscription) }
        self.subscriptions = []
        self.ackInboxes = [:]
        return connection.flush().assumeIsolated().map { connection.close() }
            .recover { _ in connection.close() }
            .nonisolated()
    }

    /// Tries to connect as a client; whoever answers is a server with our cluster ID.
    private func checkClusterID(_ connection: NATSConnection) -> EventLoopFuture<Void> {
        let id = self.machine.options.clusterID
        let subjects = self.machine.subjects
        let request = StanWire.ConnectRequest(clientID: id, heartbeatInbox: NUID.makeInbox())
        let url = self.address.description
        let answer = connection.request(request.encoded(), to: subjects.connect, timeout: .milliseconds(250))
        return answer.assumeIsolated()
            .flatMapThrowing { message in
                guard (try? StanWire.ConnectResponse(decoding: message.payload)) != nil else { return }
                try? connection.publish(StanWire.CloseRequest(clientID: id).encoded(), to: subjects.close)
                throw DevServerError.clusterInUse(clusterID: id, natsURL: url)
            }
            .flatMapErrorThrowing { error in
                switch error {
                case NATSError.noResponders, NATSError.timeout: return
                default: throw error
                }
            }
            .nonisolated()
    }

    private func serve(_ connection: NATSConnection) {
        let subjects = self.machine.subjects
        self.listen(subjects.connect, connection) { core, message, reply, time, actions in
            core.machine.connectRequested(message, reply: reply, now: time.now, into: &actions)
        }
        self.listen(subjects.ping, connection) { core, message, reply, time, actions in
            core.machine.pingReceived(message, reply: reply, now: time.now, into: &actions)
        }
        self.listen(subjects.publish, connection) { core, message, reply, time, actions in
            core.traffic.received(message)
            core.machine.publishReceived(message, reply: reply, now: time.now, wallClock: time.wallClock, into: &actions)
        }
        self.listen(subjects.subscribe, connection) { core, message, reply, time, actions in
            core.machine.subscribeRequested(message, reply: reply, now: time.now, wallClock: time.wallClock, into: &actions)
        }
        self.listen(subjects.unsubscribe, connection) { core, message, reply, time, actions in
            core.machine.unsubscribeRequested(message, reply: reply, now: time.now, into: &actions)
        }
        self.listen(subjects.closeSubscription, connection) { core, message, reply, time, actions in
            core.machine.subscriptionCloseRequested(message, reply: reply, now: time.now, into: &actions)
        }
        self.listen(subjects.close, connection) { core, message, reply, time, actions in
            core.machine.closeRequested(message, reply: reply, now: time.now, into: &actions)
        }
    }

    private func listen(_ subject: String, _ connection: NATSConnection, _ event: @escaping DevServerSubscriber.Event) {
        self.subscriptions.append(connection.subscribe(subject, subscriber: DevServerSubscriber(self, event)))
    }

    func channels() -> [StanChannelStatus] {
        self.machine.status()
    }

    // MARK: Events

    typealias Time = (now: NIODeadline, wallClock: Int64)

    func received(_ message: borrowing NATSMessage, _ event: @escaping DevServerSubscriber.Event) {
        let payload = message.payload
        let reply = self.reply(of: message)
        if self.hold({ self.handle { event($0, payload, reply, $1, &$2) } }) { return }
        self.handle { event($0, payload, reply, $1, &$2) }
    }

    func ackReceived(_ message: borrowing NATSMessage, on id: SubscriptionID) {
        let payload = message.payload
        if self.faults.touchAcks {
            if self.faults.dropsAck() { return }
            if self.faults.ackDelay > .zero { return self.later(self.faults.ackDelay) { self.acked(payload, on: id) } }
        }
        self.acked(payload, on: id)
    }

    private func acked(_ payload: ByteBuffer, on id: SubscriptionID) {
        if self.hold({ self.acked(payload, on: id) }) { return }
        self.handle { $0.machine.ackReceived(payload, on: id, now: $1.now, into: &$2) }
    }

    func readCompleted() {
        self.readTime = nil
    }

    /// Runs something later, unless the server has left NATS meanwhile.
    private func later(_ delay: TimeAmount, _ body: @escaping () -> Void) {
        let epoch = self.epoch
        self.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            guard self.epoch == epoch else { return }
            self.readTime = nil
            body()
            self.readTime = nil
        }
    }

    // MARK: Pausing

    /// - Returns: whether the event was put aside.
    private func hold(_ event: @autoclosure () -> () -> Void) -> Bool {
        guard self.heldEvents != nil else { return false }
        self.heldEvents?.append(event())
        return true
    }

    func pause() {
        if self.heldEvents == nil { self.heldEvents = [] }
    }

    /// Does all that was put aside, as a process does that was stopped and goes on.
    func resume() {
        guard let held = self.heldEvents else { return }
        self.heldEvents = nil
        self.readTime = nil
        for event in held { event() }
        self.setTimer()
        self.readTime = nil
    }

    /// Ends a client's session without telling it.
    func forgetClient(_ id: String) {
        let request = StanWire.CloseRequest(clientID: id).encoded()
        self.handle { $0.machine.closeRequested(request, reply: nil, now: $1.now, into: &$2) }
        self.readTime = nil
    }

    func monitor() -> StreamingMonitor {
        StreamingMonitor(
            serverID: self.serverID,
            startTime: self.startTime,
            now: Self.wallClock(),
            options: self.machine.options,
            traffic: self.traffic,
            clients: self.machine.clientStatus(),
            channels: self.machine.status()
        )
    }

    private func handle(_ event: (DevServerCore, Time, inout [StanServerStateMachine.Action]) -> Void) {
        let time = self.readTime ?? (NIODeadline.now(), Self.wallClock())
        self.readTime = time
        var actions: [StanServerStateMachine.Action] = []
        swap(&actions, &self.actions)
        event(self, time, &actions)
        swap(&actions, &self.actions)
        if self.store != nil { self.commit() }
        // What is done may have a result at once, which is an event: its actions join the queue.
        guard !self.isCarryingOut else { return }
        self.isCarryingOut = true
        var index = 0
        while index < self.actions.count {
            self.carryOut(self.actions[index])
            index += 1
        }
        self.actions.removeAll(keepingCapacity: self.actions.capacity < 10_000)
        self.isCarryingOut = false
        self.setTimer()
    }

    private func reply(of message: borrowing NATSMessage) -> String? {
        let length = message.layout.replyLength
        guard length > 0 else { return nil }
        let start = message.layout.replyStart
        let isRecent = message.buffer.withVeryUnsafeBytes { bytes in
            let reply = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
            return self.recentReply.utf8.withContiguousStorageIfAvailable { $0.elementsEqual(reply) } ?? false
        }
        if !isRecent { self.recentReply = message.reply ?? "" }
        return self.recentReply
    }

    private static func wallClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    // MARK: Store

    /// Makes the state machine that a launch begins with.
    private func recover(_ launch: Launch) throws(StoreError) {
        let options = self.machine.options
        guard case .file(let directory) = options.store else {
            if launch == .forgetting { self.machine = Self.makeMachine(options) }
            return
        }
        if launch == .forgetting { try FileStore.erase(directory) }
        let store = try FileStore(
            directory: directory,
            clusterID: options.clusterID,
            syncs: options.fileSync,
            logger: self.logger
        )
        self.machine = StanServerStateMachine(
            options: options,
            inboxes: InboxGenerator(seed: .random(in: .min ... .max)),
            recovered: store.recovered,
            now: .now()
        )
        try store.beginJournal(self.machine.snapshot())
        self.store = store
    }

    /// Stores what has just changed, before anybody hears of it.
    private func commit() {
        guard let store = self.store else { return }
        do throws(StoreError) {
            try self.machine.store(in: store)
        } catch {
            // What is not stored must not be acked: what is to be done now is not done any more.
            self.logger.critical("cannot store, and serves no more", metadata: ["error": "\(error)"])
            _ = self.leave(flushing: false)
            return
        }
        guard store.hasWaiting, self.storeTimer == nil else { return }
        let interval = self.machine.options.ackFlushInterval
        self.storeTimer = self.eventLoop.assumeIsolated().scheduleTask(in: interval) {
            self.storeTimer = nil
            do throws(StoreError) {
                try self.store?.flush()
            } catch {
                self.logger.critical("cannot store, and serves no more", metadata: ["error": "\(error)"])
                _ = self.leave(flushing: false)
            }
        }
    }

    private func closeStore(flushing: Bool) {
        self.storeTimer?.cancel()
        self.storeTimer = nil
        do throws(StoreError) {
            if flushing { try self.store?.flush() }
        } catch {
            self.logger.error("the latest acks could not be stored", metadata: ["error": "\(error)"])
        }
        self.store = nil
    }

    // MARK: Actions

    private func carryOut(_ action: StanServerStateMachine.Action) {
        guard let connection = self.connection else { return }
        switch action {
        case .publish(let subject, let payload):
            do throws(NATSError) {
                try connection.publish(payload, to: subject)
                // Of all that goes out only a message begins with a number, its sequence.
                guard payload.getInteger(at: payload.readerIndex, as: UInt8.self) == 1 << 3 else { return }
                self.traffic.sent(payload)
                if self.faults.duplicates { try connection.publish(payload, to: subject) }
            } catch {
                // Lost, as it would be a moment later: redelivery, or the client's timeout, takes care of it.
                self.logger.debug("could not publish", metadata: ["nats.subject": "\(subject)", "error": "\(error)"])
            }
        case .subscribeAckInbox(let inbox, let id):
            self.ackInboxes[id] = connection.subscribe(inbox, subscriber: DevServerAckSubscriber(self, id))
        case .unsubscribeAckInbox(let id):
            if let subscription = self.ackInboxes.removeValue(forKey: id) { connection.unsubscribe(subscription) }
        case .request(let subject, let timeout, let token):
            let epoch = self.epoch
            connection.request(ByteBuffer(), to: subject, timeout: timeout).assumeIsolated().whenComplete { result in
                guard self.epoch == epoch else { return }
                let outcome: StanServerStateMachine.RequestOutcome
                switch result {
                case .success: outcome = .answered
                case .failure(NATSError.noResponders): outcome = .noResponders
                case .failure: outcome = .timedOut
                }
                let finish = {
                    self.readTime = nil
                    self.handle { $0.machine.requestFinished(token, outcome: outcome, now: $1.now, into: &$2) }
                    self.readTime = nil
                }
                if !self.hold(finish) { finish() }
            }
        }
    }

    // MARK: Time

    /// One timer for all of the server's deadlines; it is only ever moved forward, and may ring for nothing.
    private func setTimer() {
        guard self.heldEvents == nil else { return }
        guard let deadline = self.machine.nextDeadline, deadline < self.timerDeadline else { return }
        self.timer?.cancel()
        self.timerDeadline = deadline
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            self.timerDeadline = .distantFuture
            guard self.heldEvents == nil else { return }
            self.readTime = nil
            self.handle { $0.machine.tick(now: $1.now, wallClock: $1.wallClock, into: &$2) }
            self.readTime = nil
        }
    }
}
