import Glibc
import NIOCore
import NIOPosix

/// Says in words why a TCP connection could not be made.
enum ConnectFailure {
    static func words(for error: any Error, server: NATSServerAddress) -> String {
        if let failure = error as? NIOConnectionError {
            if let dns = failure.dnsAError ?? failure.dnsAAAAError, failure.connectionErrors.isEmpty {
                return "could not resolve the NATS server \(server): \(dns)"
            }
            if let last = failure.connectionErrors.last?.error as? IOError {
                return "could not connect to the NATS server at \(server): \(Self.words(last))"
            }
        }
        if case ChannelError.connectTimeout = error {
            return "could not connect to the NATS server at \(server): no answer in time"
        }
        return "could not connect to the NATS server at \(server): \(error)"
    }

    private static func words(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case EHOSTUNREACH, ENETUNREACH: "no route to it"
        case ETIMEDOUT: "no answer in time"
        default: "\(error)"
        }
    }
}
