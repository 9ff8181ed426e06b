package import NIOCore

/// One operation of the NATS protocol that a server sends.
package enum NATSFrame: Sendable {
    /// MSG or HMSG.
    case message(NATSMessage)
    /// The JSON text of an INFO.
    case info(ByteBuffer)
    case ping
    case pong
    /// `+OK`, sent only to verbose clients.
    case ok
    /// The text of an `-ERR`, without its quotes.
    case error(String)
}

/// Bytes from a server that are not the NATS protocol. The connection cannot be read on from there.
package enum NATSProtocolError: Error, Equatable, CustomStringConvertible {
    /// The line begins with no operation that a server sends. Carries its first bytes.
    case unknownOperation(String)
    /// An operation's arguments are missing, too many, or not the numbers they should be.
    case malformed(String)
    /// A line without an end.
    case lineTooLong(limit: Int)
    /// A message that says it is larger than any server allows.
    case messageTooLarge(size: Int, limit: Int)
    /// The bytes after a message's payload are not the end of a line.
    case payloadNotTerminated
    /// There were bytes behind the INFO of a server with which TLS has to come next.
    case plaintextBeforeTLS

    package var description: String {
        switch self {
        case .unknownOperation(let start): "the server sent an operation that NATS does not have: \"\(start)\""
        case .malformed(let operation): "the server sent a malformed \(operation)"
        case .lineTooLong(let limit): "the server sent a line of more than \(limit) bytes"
        case .messageTooLarge(let size, let limit): "the server announced a message of \(size) bytes, more than \(limit)"
        case .payloadNotTerminated: "the server sent a message whose payload does not end where it said"
        case .plaintextBeforeTLS: "somebody sent data in plain text where TLS has to begin"
        }
    }
}
