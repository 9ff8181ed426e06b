/// Is told what becomes of a connection. Called on the connection's event loop.
package protocol NATSConnectionObserver: AnyObject {
    /// Connected, for the first time or again; all subscriptions are in place.
    func natsConnected(to server: NATSServerAddress, info: ServerInfo)

    /// An established connection was lost. Reconnecting has begun.
    func natsDisconnected(from server: NATSServerAddress, error: NATSError)

    /// One attempt to connect failed. The next server is tried at once, or the same ones after the pause.
    func natsConnectFailed(to server: NATSServerAddress, error: NATSError)

    /// The server sent an `-ERR` that leaves the connection open, e.g. a permissions violation.
    func natsServerError(_ text: String)
}

extension NATSConnectionObserver {
    package func natsConnected(to server: NATSServerAddress, info: ServerInfo) {}
    package func natsDisconnected(from server: NATSServerAddress, error: NATSError) {}
    package func natsConnectFailed(to server: NATSServerAddress, error: NATSError) {}
    package func natsServerError(_ text: String) {}
}
