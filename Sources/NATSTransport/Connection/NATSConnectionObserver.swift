/// Is told what becomes of a connection. Called on the connection's event loop.
package protocol NATSConnectionObserver: AnyObject {
    /// Connected, for the first time or again; all subscriptions are in place.
    func natsConnected(to server: NATSServerAddress, info: ServerInfo)

    /// An established connection was lost. Reconnecting has begun.
    func natsDisconnected(from server: NATSServerAddress, error: NATSError)

    /// One attempt to connect failed. The next server is tried at once, or the same ones after the pause.
    func natsConnectFailed(to server: NATSServerAddress, error: NATSError)

    /// The server sent an `-ERR` that leaves the connection open, e.g. a permissions violation.
    func natsServerError(_ error: NATSServerError)

    /// The server is about to shut down. If there is another one, the connection moves there at once.
    func natsLameDuck(_ server: NATSServerAddress)

    /// The server refused the credentials a second time, and the configuration says to stop then. ``natsClosed()`` follows.
    func natsGaveUp(on server: NATSServerAddress, error: NATSError)

    /// The connection is closed for good, for whatever reason. Called once, as the last of all.
    func natsClosed()

    /// There is room for more again: ``NATSConnection/isCongested`` was true, and is no longer.
    func natsDrained()
}

extension NATSConnectionObserver {
    package func natsConnected(to server: NATSServerAddress, info: ServerInfo) {}
    package func natsDisconnected(from server: NATSServerAddress, error: NATSError) {}
    package func natsConnectFailed(to server: NATSServerAddress, error: NATSError) {}
    package func natsServerError(_ error: NATSServerError) {}
    package func natsLameDuck(_ server: NATSServerAddress) {}
    package func natsGaveUp(on server: NATSServerAddress, error: NATSError) {}
    package func natsClosed() {}
    package func natsDrained() {}
}
