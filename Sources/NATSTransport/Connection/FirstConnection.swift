package import NIOCore

extension NATSConnection {
    /// Begins to connect and waits for the first success; for callers who would rather fail than wait.
    ///
    /// - Returns: fails with the last error when every server has been tried once; the connection is closed then.
    package func startAndWait() -> EventLoopFuture<Void> {
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
        guard self.remaining == 0 else { return }
        self.keptAlive = nil
        self.connection.close()
        self.promise.fail(error)
    }
}
