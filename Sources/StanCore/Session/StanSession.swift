package import Logging
package import NATSTransport
package import NIOCore

/// A session with a STAN server, from its connect request to its end. Used once: when it is lost, make a new one.
///
/// It lives on the event loop of its NATS connection, as everything of it does, and outlives reconnects of that connection:
/// the server knows the session by its connection id and inboxes, which stay the same.
package final class StanSession: NATSConnectionObserver {
    enum State {
        case idle
        case connecting
        case open(Subjects)
        case closing
        case ended(StanError)
    }

    /// What the server answered to the connect request.
    struct Subjects {
        var publish: String
        var subscribe: String
        var unsubscribe: String
        var closeSubscription: String
        var close: String
        var ping: String
    }

    package let configuration: StanConfiguration
    package let eventLoop: any EventLoop

    /// Called once, when the server no longer knows the session or does not answer any more; never after `close`.
    package var onLost: ((StanError) -> Void)?

    private(set) var endHandlers: [UInt64: (StanError) -> Void] = [:]
    private var lastEndHandler: UInt64 = 0
    let nats: NATSConnection
    let logger: Logger
    var state = State.idle
    let connectionID = ByteBuffer(string: NUID.make())
    var natsSubscriptions: [NATSSubscriptionID] = []
    var subscriptions: [(id: NATSSubscriptionID, subscription: StanChannelSubscription)] = []

    /// Requests to subscribe that went out and whose answer did not come: what the server may have made of them has to go.
    var unanswered: [StanWire.UnsubscribeRequest] = []
    var publishes: PublishTable
    var waitingPublishes: CircularBuffer<WaitingPublish> = []
    var lastTicket: UInt64 = 0

    /// Called once each, when there is room to publish and nobody waits for a turn.
    var roomWaiters: [() -> Void] = []

    /// Messages come in runs for one channel.
    var recentTemplate: (channel: String, template: PublishTemplate)?

    let pingInbox = NUID.makeInbox()
    var pingsOut = 0
    /// How many of them NATS has answered, for want of a server.
    var pingsUnheard = 0
    var pingTimer: Scheduled<Void>?
    var ackTimer: Scheduled<Void>?

    package init(nats: NATSConnection, configuration: StanConfiguration, logger: Logger) {
        self.nats = nats
        self.eventLoop = nats.eventLoop
        self.configuration = configuration
        self.logger = logger
        self.publishes = PublishTable(timeout: configuration.pubAckTimeout)
        nats.addObserver(self)
    }

    /// Registers what is to be called once when the session has ended, for whatever reason; at once if it has.
    ///
    /// - Returns: a number for `cancelOnEnd`.
    @discardableResult
    func onEnd(_ handler: @escaping (StanError) -> Void) -> UInt64 {
        self.lastEndHandler += 1
        if case .ended(let error) = self.state { handler(error) } else { self.endHandlers[self.lastEndHandler] = handler }
        return self.lastEndHandler
    }

    func cancelOnEnd(_ number: UInt64) { self.endHandlers[number] = nil }

    package var isOpen: Bool {
        if case .open = self.state { true } else { false }
    }

    // MARK: Connect

    /// Asks the server for the session. NATS must be connected.
    ///
    /// - Returns: fails with ``StanError/Code/connectTimeout`` when no server with this cluster id answers,
    ///   ``StanError/Code/clientIDInUse``, ``StanError/Code/invalidArgument``, ``StanError/Code/refused`` or ``StanError/Code/nats``.
    package func connect() -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        guard case .idle = self.state else { return self.failed(StanError.closed) }
        do throws(StanError) {
            try self.configuration.validate()
        } catch {
            self.state = .ended(error)
            return self.failed(error)
        }
        self.state = .connecting

        // The server asks at the heartbeat inbox before it has answered, when the client id is in use. So this comes first.
        let heartbeatInbox = NUID.makeInbox()
        self.listen(on: heartbeatInbox) { [weak self] message in
            guard let self, let reply = message.reply else { return }
            try? self.nats.publish(ByteBuffer(), to: reply)
        }
        self.listen(on: self.pingInbox) { [weak self] in self?.pingAnswered($0) }

        var request = StanWire.ConnectRequest()
        request.clientID = self.configuration.clientID
        request.heartbeatInbox = heartbeatInbox
        request.protocolVersion = 1
        request.connectionID = self.connectionID
        request.pingInterval = Int32(clamping: self.configuration.pingInterval.nanoseconds / 1_000_000_000)
        request.pingMaxOut = Int32(clamping: self.configuration.pingMaxOut)
        let subject = "\(self.configuration.discoverPrefix).\(self.configuration.clusterID)"
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.nats.request(request.encoded(), to: subject, timeout: self.configuration.requestTimeout)
            .assumeIsolated()
            .whenComplete { result in
                do throws(StanError) {
                    try self.connectAnswered(result)
                    promise.succeed()
                } catch {
                    self.end(with: error)
                    promise.fail(error)
                }
            }
        return promise.futureResult
    }

    func connectAnswered(_ result: Result<NATSMessage, any Error>) throws(StanError) {
        guard case .connecting = self.state else { throw .closed }
        let answer: StanWire.ConnectResponse
        switch result {
        case .failure(NATSError.noResponders), .failure(NATSError.timeout):
            throw StanError(
                .connectTimeout,
                "stan: connect request timeout: no STAN server with cluster id \"\(self.configuration.clusterID)\" answers on this NATS"
            )
        case .failure(let error):
            throw StanError(nats: error)
        case .success(let message):
            answer = try Self.decode(message, "connect response")
        }
        if answer.error == StanServerError.clientIDRegistered {
            throw StanError(
                .clientIDInUse,
                "\(answer.error): another client with the id \"\(self.configuration.clientID)\" is connected"
            )
        }
        guard answer.error.isEmpty else { throw StanError(.refused, answer.error) }
        guard !answer.pubPrefix.isEmpty, !answer.subRequests.isEmpty, !answer.closeRequests.isEmpty else {
            throw StanError(.refused, "the STAN server's connect response lacks the subjects of the session")
        }
        self.listen(on: self.publishes.ackInbox) { [weak self] in self?.publishAnswered($0) }
        self.state = .open(
            Subjects(
                publish: answer.pubPrefix,
                subscribe: answer.subRequests,
                unsubscribe: answer.unsubRequests,
                closeSubscription: answer.subCloseRequests,
                close: answer.closeRequests,
                ping: answer.pingRequests
            )
        )
        // A server from before clients could ping says so by the version, and would answer every ping with an error.
        if answer.protocolVersion >= 1, answer.pingInterval > 0, !answer.pingRequests.isEmpty { self.schedulePing() }
    }

    func listen(on subject: String, _ body: @escaping (borrowing NATSMessage) -> Void) {
        self.natsSubscriptions.append(self.nats.subscribe(subject, subscriber: NATSClosureSubscriber(body)))
    }

    // MARK: Close

    /// Ends the session in good order: what was written before is handled by the server first, durables are kept.
    ///
    /// - Returns: fails with ``StanError/Code/closeTimeout``, ``StanError/Code/refused`` or ``StanError/Code/nats``; the session has
    ///   ended all the same.
    package func close() -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        guard case .open(let subjects) = self.state else {
            self.end(with: .closed)
            return self.eventLoop.makeSucceededVoidFuture()
        }
        self.state = .closing
        let request = StanWire.CloseRequest(clientID: self.configuration.clientID)
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.nats.request(request.encoded(), to: subjects.close, timeout: self.configuration.requestTimeout)
            .flatMapThrowing { message in
                let answer: StanWire.CloseResponse = try Self.decode(message, "close response")
                guard answer.error.isEmpty else { throw StanError(.refused, answer.error) }
            }
            .flatMapErrorThrowing { throw Self.closeError($0) }
            .assumeIsolated()
            .whenComplete { result in
                self.end(with: .closed)
                promise.completeWith(result)
            }
        return promise.futureResult
    }

    /// Ends the session on this side only. The server finds out by its heartbeats.
    package func abandon() {
        self.end(with: .closed)
    }

    // MARK: End

    /// Takes back everything from NATS, so that a successor with the same client id finds the old heartbeat inbox silent.
    func end(with error: StanError) {
        if case .ended = self.state { return }
        self.state = .ended(error)
        self.onLost = nil
        self.pingTimer?.cancel()
        self.ackTimer?.cancel()
        for id in self.natsSubscriptions { self.nats.unsubscribe(id) }
        for (id, subscription) in self.subscriptions {
            self.nats.unsubscribe(id)
            subscription.end()
        }
        self.natsSubscriptions = []
        self.subscriptions = []
        self.failPublishes()
        let handlers = self.endHandlers
        self.endHandlers = [:]
        for (_, handler) in handlers.sorted(by: { $0.key < $1.key }) { handler(error) }
    }

    // MARK: Helpers

    func failed(_ error: StanError) -> EventLoopFuture<Void> {
        self.eventLoop.makeFailedFuture(error)
    }

    static func decode<Message: StanWireMessage>(_ message: NATSMessage, _ what: String) throws(StanError) -> Message {
        do throws(ProtobufError) {
            return try Message(decoding: message.payload)
        } catch {
            throw StanError(.refused, "the STAN server's \(what) cannot be read: \(error)")
        }
    }

    /// A session that the server no longer knows says so by refusing what only a known client may ask.
    static func refusal(_ text: String) -> StanError {
        text == StanServerError.unknownClientID ? StanError(lost: .forgotten, text) : StanError(.refused, text)
    }

    static func closeError(_ error: any Error) -> StanError {
        switch error {
        case let error as StanError: error
        case NATSError.timeout, NATSError.noResponders: StanError(.closeTimeout, "stan: close request timeout")
        default: StanError(nats: error)
        }
    }
}
