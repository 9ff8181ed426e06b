package import NIOCore

extension NATSConnection {
    /// Begins to connect and waits for the first success; for callers who would rather fail than wait.
    ///
    /// - Returns: fails when every server has been tried once: with the last error, or with that of a server which refused the
    ///   credentials if one did. The connection is closed then. Fails with ``NATSError/closed`` when it is closed before.
    package func startAndWait() -> EventLoopFuture<Void> {
        if case .closed = self.state { return self.eventLoop.makeFailedFuture(NATSError.closed) }
        let waiter = FirstConnection(connection: self)
        self.addObserver(waiter)
        self.start()
        return waiter.promise.futureResult
    }
}

/// Waits for the outcome of a connection's first round through its servers. Keeps itself alive until then.
private final class FirstConnection: NATSConnectionObserver {
    let promise: EventLoopPromise<Void>
    private let connection: NATSConnection
    private var remaining: Int

    /// Says more than that another server cannot be reached.
    private var refusal: NATSError?
    private var keptAlive: FirstConnection?

    init(connection: NATSConnection) {
        self.connection = connection
        self.promise = connection.eventLoop.makePromise()
        self.remaining = connection.serverCount
        self.keptAlive = self
    }

    func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        guard self.keptAlive != nil else { return }
        self.keptAlive = nil
        self.promise.succeed()
    }

    func natsConnectFailed(to server: NATSServerAddress, error: NATSError) {
        guard self.keptAlive != nil else { return }
        self.remaining -= 1
        if error.isAuthorizationFailure { self.refusal = error }
        guard self.remaining == 0 else { return }
        self.keptAlive = nil
        self.connection.close()
        self.promise.fail(self.refusal ?? error)
    }

    /// By somebody who does not want to wait any longer.
    func natsClosed() {
        guard self.keptAlive != nil else { return }
        self.keptAlive = nil
        self.promise.fail(NATSError.closed)
    }
}
