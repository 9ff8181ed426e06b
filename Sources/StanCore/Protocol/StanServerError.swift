/// Texts by which servers tell errors apart that a client has to act on. Byte for byte those of nats-streaming-server.
enum StanServerError {
    static let clientIDRegistered = "stan: clientID already registered"
    static let unknownClientID = "stan: unknown clientID"
}
