package import Logging
package import NIOCore
import NIOPosix

/// A client of NATS that stays: it connects, reconnects for ever, and keeps its subscriptions over all of it.
///
/// The whole object lives on one event loop, subscribers are called there synchronously, and nothing of it is `Sendable`:
/// from outside, hop onto the loop first. Core NATS delivers at most once, and nothing is kept while there is no connection.
package final class NATSConnection {
    /// Goes out with CONNECT as the version of the client library.
    static let libraryVersion = "0.1.0"

    enum State {
        case idle
        /// Between two attempts, or in one.
        case connecting
        /// The TCP connection stands; INFO or PONG is awaited.
        case handshaking(NATSChannelHandler, ServerInfo?)
        case connected(NATSChannelHandler, ServerInfo)
        case closed
    }

    package let eventLoop: any EventLoop

    private let configuration: NATSConfiguration
    private var logger: Logger
    var state = State.idle
    private var pool: ServerPool
    private var server: NATSServerAddress
    private var generator = SystemRandomNumberGenerator()
    var subscriptions = SubscriptionTable()
    private var touched: [SubscriptionTable.Entry] = []
    var requests: RequestTable
    private var tls: TLSContextLoader

    /// What may be wrong with the credentials that went out last.
    private var doubt: String?

    /// When the connection was made.
    private var connectedAt = NIODeadline.distantPast

    /// Servers that refused our credentials the last time, for who wants to stop at the second time.
    private var refusals: Set<String> = []

    private struct Observer {
        weak var object: (any NATSConnectionObserver)?
    }

    private var observers: [Observer] = []

    /// Who waits for the PONGs, in the order of the PINGs; nil for a PING of the liveness check.
    var pongWaiters: CircularBuffer<EventLoopPromise<Void>?> = []
    private var pingsOut = 0
    private var pingTimer: Scheduled<Void>?
    private var attemptTimer: Scheduled<Void>?

    package init(configuration: NATSConfiguration, on eventLoop: any EventLoop, logger: Logger) {
        precondition(!configuration.servers.isEmpty, "a NATS connection needs at least one server")
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.logger = logger
        self.server = configuration.servers[0]
        self.requests = RequestTable(eventLoop: eventLoop)
        self.tls = TLSContextLoader(configuration.tls ?? NATSTLSConfiguration())
        self.pool = ServerPool(
            servers: configuration.servers,
            wait: configuration.reconnectWait,
            jitter: configuration.reconnectJitter,
            refusedWait: configuration.refusedWait,
            using: &self.generator
        )
    }

    /// How many servers were configured.
    var serverCount: Int { self.configuration.servers.count }

    package var isConnected: Bool {
        if case .connected = self.state { true } else { false }
    }

    /// What the server said of itself, while connected.
    package var serverInfo: ServerInfo? {
        if case .connected(_, let info) = self.state { info } else { nil }
    }

    // MARK: Life

    /// Begins to connect. The observers are told how it goes.
    package func start() {
        self.eventLoop.assertInEventLoop()
        guard case .idle = self.state else { return }
        self.state = .connecting
        self.connectToNext()
    }

    /// Writes what waits and closes for good. Requests and flushes that wait fail with ``NATSError/closed``.
    package func close() {
        self.eventLoop.assertInEventLoop()
        let old = self.state
        if case .closed = old { return }
        self.state = .closed
        self.attemptTimer?.cancel()
        self.endSession(.closed)
        self.subscriptions.removeAll()
        switch old {
        case .handshaking(let handler, _), .connected(let handler, _): handler.close()
        case .idle, .connecting, .closed: break
        }
        self.notify { $0.natsClosed() }
    }

    private func connectToNext() {
        guard case .connecting = self.state, let (server, delay) = self.pool.next(using: &self.generator) else { return }
        self.server = server
        guard delay > .zero else { return self.connect(to: server) }
        self.attemptTimer = self.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            guard case .connecting = self.state else { return }
            self.connect(to: server)
        }
    }

    private func connect(to server: NATSServerAddress) {
        self.logger.debug("connecting to NATS", metadata: ["nats.server": "\(server)"])
        let limit = self.configuration.outboundLimit
        let deadline = NIODeadline.now() + self.configuration.connectTimeout
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        ClientBootstrap(group: self.eventLoop)
            .connectTimeout(self.configuration.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelOption(.writeBufferWaterMark, value: .init(low: max(1, limit / 2), high: max(1, limit)))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 * 1024, maximum: 256 * 1024)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NATSChannelHandler(owner: bound.value, outboundLimit: limit))
                }
            }
            .connect(host: server.host, port: server.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.established(channel, deadline: deadline)
                case .failure(let error): self.attemptFailed(.unreachable(ConnectFailure.words(for: error, server: server)))
                }
            }
    }

    private func established(_ channel: any Channel, deadline: NIODeadline) {
        guard case .connecting = self.state,
            let handler = try? channel.pipeline.syncOperations.handler(type: NATSChannelHandler.self)
        else {
            channel.close(promise: nil)
            return
        }
        self.state = .handshaking(handler, nil)
        self.attemptTimer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            guard case .handshaking(let current, _) = self.state, current === handler else { return }
            handler.close(.unreachable("the NATS server at \(self.server) did not finish the handshake in time"))
        }
    }

    private func attemptFailed(_ error: NATSError) {
        guard case .connecting = self.state else { return }
        self.logger.debug("NATS connect failed", metadata: ["nats.server": "\(self.server)", "error": "\(error)"])
        self.notify { $0.natsConnectFailed(to: self.server, error: error) }
        self.goOn(after: error, wasConnected: false)
    }

    /// Tries the next server, or stops where stopping was asked for: a server that refuses us twice in a row will go on doing so.
    private func goOn(after error: NATSError, wasConnected: Bool) {
        guard case .connecting = self.state else { return }
        if error.serverErrorKind == .authorization {
            // Credentials that expire while they are in use may have been replaced already.
            if NIODeadline.now() - self.connectedAt < self.configuration.refusedWait || !wasConnected { self.pool.refused() }
            if !self.refusals.insert("\(self.server)").inserted, self.configuration.stopsWhenRefusedTwice {
                self.notify { $0.natsGaveUp(on: self.server, error: error) }
                return self.close()
            }
        }
        self.connectToNext()
    }

    /// Closes the socket, if there is one, and connects anew; for whoever knows better than TCP that the other side is gone.
    package func reconnect(because reason: NATSError) {
        self.eventLoop.assertInEventLoop()
        if case .connected(let handler, _) = self.state { handler.close(reason) }
    }

    /// Observers are not retained.
    package func addObserver(_ observer: any NATSConnectionObserver) {
        self.eventLoop.assertInEventLoop()
        self.observers.removeAll { $0.object == nil }
        self.observers.append(Observer(object: observer))
    }

    private func notify(_ body: (any NATSConnectionObserver) -> Void) {
        for observer in self.observers { if let object = observer.object { body(object) } }
    }

    // MARK: From the socket

    func received(_ frame: NATSFrame, from handler: NATSChannelHandler) {
        switch frame {
        case .message(let message):
            guard let entry = self.subscriptions.find(message.subscription) else { return }
            if !entry.isTouched {
                entry.isTouched = true
                self.touched.append(entry)
            }
            entry.subscriber.received(message)
        case .ping:
            handler.write { $0.writeStaticString("PONG\r\n") }
        case .pong:
            self.pongReceived(handler)
        case .info(let json):
            self.infoReceived(json, from: handler)
        case .error(let text):
            self.errorReceived(text, from: handler)
        case .ok:
            break
        }
    }

    func readCompleted() {
        guard !self.touched.isEmpty else { return }
        // A subscriber may cause more to be touched only by a later read, so the list is stable here.
        for entry in self.touched {
            entry.isTouched = false
            entry.subscriber.readCompleted()
        }
        self.touched.removeAll(keepingCapacity: true)
    }

    func drained(_ handler: NATSChannelHandler) {
        guard case .connected(let current, _) = self.state, current === handler else { return }
        self.notify { $0.natsDrained() }
    }

    private func infoReceived(_ json: ByteBuffer, from handler: NATSChannelHandler) {
        let info: ServerInfo
        do throws(NATSProtocolError) {
            info = try ServerInfo(json: json)
        } catch {
            return handler.close(.protocolViolation(error))
        }
        switch self.state {
        case .handshaking(let current, nil) where current === handler:
            self.state = .handshaking(handler, info)
            self.greeted(info, by: handler)
        case .handshaking(let current, _?) where current === handler:
            // Limits of an account come before the PONG.
            self.state = .handshaking(handler, info)
        case .connected(let current, let old) where current === handler:
            self.state = .connected(handler, info)
            self.pool.learn(info.connectURLs, from: self.server)
            if info.isLameDuck, !old.isLameDuck { self.serverIsLeaving(handler) }
        case .idle, .connecting, .handshaking, .connected, .closed:
            break
        }
    }

    /// The first INFO has come: TLS is next, or CONNECT.
    private func greeted(_ info: ServerInfo, by handler: NATSChannelHandler) {
        let wantsTLS = self.server.usesTLS || self.configuration.tls != nil
        guard wantsTLS || info.requiresTLS else {
            self.pool.learn(info.connectURLs, from: self.server)
            return self.introduce(to: handler, info)
        }
        guard info.requiresTLS || info.offersTLS else {
            return handler.close(.tls("the NATS server at \(self.server) does not offer TLS, and only TLS will do here"))
        }
        let configuration = self.configuration.tls ?? NATSTLSConfiguration()
        guard !info.demandsCertificate || configuration.certificateFile != nil else {
            return handler.close(.tls("the NATS server at \(self.server) demands a client certificate, and none is configured"))
        }
        do throws(NATSError) {
            try handler.startTLS(
                try self.tls.load(),
                serverName: configuration.serverName ?? self.server.certificateName,
                failure: TLSFailure(server: self.server, configuration: configuration, info: info)
            )
        } catch {
            handler.close(error)
        }
    }

    /// TLS is in place, and the server is who it should be.
    func secured(_ handler: NATSChannelHandler) {
        guard case .handshaking(let current, let info?) = self.state, current === handler else { return }
        self.pool.learn(info.connectURLs, from: self.server)
        self.introduce(to: handler, info)
    }

    private func introduce(to handler: NATSChannelHandler, _ info: ServerInfo) {
        let credentials = self.server.credentials == .none ? self.configuration.credentials : self.server.credentials
        do throws(NATSError) {
            let proof = try credentials.proof(nonce: info.nonce)
            self.doubt = proof.doubt
            let command = ConnectCommand(
                name: self.configuration.name,
                proof: proof,
                supportsHeaders: info.supportsHeaders,
                usesTLS: handler.usesTLS
            )
            handler.write {
                $0.writeImmutableBuffer(command.line())
                $0.writeStaticString("PING\r\n")
            }
        } catch {
            handler.close(error)
        }
    }

    /// The server will close its connections within minutes. Where there is another one, that is better done now, at a time of our
    /// own and with everything written.
    private func serverIsLeaving(_ handler: NATSChannelHandler) {
        self.logger.debug("NATS server is about to shut down", metadata: ["nats.server": "\(self.server)"])
        self.notify { $0.natsLameDuck(self.server) }
        if self.pool.hasOthers { handler.close(.lameDuck) }
    }

    private func pongReceived(_ handler: NATSChannelHandler) {
        switch self.state {
        case .handshaking(let current, let info?) where current === handler:
            self.attemptTimer?.cancel()
            self.state = .connected(handler, info)
            self.pool.connected()
            self.connectedAt = .now()
            self.refusals.remove("\(self.server)")
            handler.handshakeDone()
            handler.write { self.subscriptions.writeAll(to: &$0) }
            self.schedulePing()
            self.logger.debug(
                "connected to NATS",
                metadata: ["nats.server": "\(self.server)", "nats.version": "\(info.version)"]
            )
            self.notify { $0.natsConnected(to: self.server, info: info) }
        case .connected(let current, _) where current === handler:
            self.pingsOut = 0
            if let waiter = self.pongWaiters.popFirst() { waiter?.succeed() }
        case .idle, .connecting, .handshaking, .connected, .closed:
            break
        }
    }

    private func errorReceived(_ text: String, from handler: NATSChannelHandler) {
        var error = NATSServerError(text)
        if error.kind == .authorization { error.hint = self.doubt }
        if error.leavesConnectionOpen {
            self.logger.debug("NATS server error", metadata: ["error": "\(text)"])
            self.notify { $0.natsServerError(error) }
        } else {
            handler.close(.server(error))
        }
    }

    func lost(_ handler: NATSChannelHandler, error: NATSError) {
        switch self.state {
        case .handshaking(let current, _) where current === handler:
            self.attemptTimer?.cancel()
            self.state = .connecting
            self.attemptFailed(error)
        case .connected(let current, _) where current === handler:
            self.state = .connecting
            self.endSession(.notConnected)
            self.logger.debug("NATS connection lost", metadata: ["nats.server": "\(self.server)", "error": "\(error)"])
            self.notify { $0.natsDisconnected(from: self.server, error: error) }
            self.goOn(after: error, wasConnected: true)
        case .idle, .connecting, .handshaking, .connected, .closed:
            break
        }
    }

    /// Whoever waits for something of this connection hears that it will not come.
    private func endSession(_ error: NATSError) {
        self.pingTimer?.cancel()
        self.pingTimer = nil
        self.pingsOut = 0
        let waiters = self.pongWaiters
        self.pongWaiters.removeAll()
        for waiter in waiters { waiter?.fail(error) }
        for request in self.requests.takeAll() { request.fail(error) }
    }

    private func schedulePing() {
        self.pingTimer = self.eventLoop.assumeIsolated().scheduleTask(in: self.configuration.pingInterval) {
            guard case .connected(let handler, _) = self.state else { return }
            self.pingsOut += 1
            guard self.pingsOut <= self.configuration.pingMaxOut else { return handler.close(.stale) }
            self.pongWaiters.append(nil)
            handler.write { $0.writeStaticString("PING\r\n") }
            self.schedulePing()
        }
    }
}
