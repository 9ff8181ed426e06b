extension StanTransport {
    /// Something that happened to the connection. Servers are named by `host:port`.
    public enum Event: Sendable, Equatable {
        /// Connected, for the first time or again. Sessions go on, and ask their server at once whether it still knows them.
        case connected(server: String)

        /// The connection was lost. Reconnecting has begun.
        case disconnected(server: String, Failure)

        /// One attempt to connect failed. Others follow.
        case connectFailed(server: String, Failure)

        /// The server complained, e.g. of a permission that is missing, and the connection goes on.
        case serverError(Failure)

        /// The server is about to shut down. If another one is known, the connection moves there at once.
        case lameDuck(server: String)

        /// The credentials were refused twice in a row, and ``Configuration/stopsWhenRefusedTwice`` is set. ``closed`` follows.
        case gaveUp(server: String, Failure)

        /// The connection is closed for good. The last event.
        case closed
    }
}

extension StanTransport.Event: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        switch self {
        case .connected(let server): "connected to the NATS server at \(server)"
        case .disconnected(let server, let failure): "the connection to the NATS server at \(server) was lost: \(failure)"
        case .connectFailed(let server, let failure): "could not connect to the NATS server at \(server): \(failure)"
        case .serverError(let failure): failure.description
        case .lameDuck(let server): "the NATS server at \(server) is about to shut down"
        case .gaveUp(let server, let failure): "gave up on the NATS server at \(server): \(failure)"
        case .closed: "the NATS connection is closed"
        }
    }
}
