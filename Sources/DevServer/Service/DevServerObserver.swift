import Logging
import NATSTransport
import NIOCore

/// Waits for the first connection to NATS, and writes down what becomes of it later.
final class DevServerObserver: NATSConnectionObserver {
    private var connected: EventLoopPromise<Void>?
    private let logger: Logger

    init(connected: EventLoopPromise<Void>, logger: Logger) {
        self.connected = connected
        self.logger = logger
    }

    func leave() {
        self.connected?.fail(DevServerError.stopped)
        self.connected = nil
    }

    func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        self.connected?.succeed()
        self.connected = nil
    }

    func natsDisconnected(from server: NATSServerAddress, error: NATSError) {
        self.logger.info("connection to NATS lost", metadata: ["nats.server": "\(server)", "error": "\(error)"])
    }

    /// At the start this is the end; later the connection goes on trying.
    func natsConnectFailed(to server: NATSServerAddress, error: NATSError) {
        self.connected?.fail(DevServerError.natsUnreachable("\(error)"))
        self.connected = nil
    }

    func natsServerError(_ error: NATSServerError) {
        self.logger.info("NATS server error", metadata: ["error": "\(error.text)"])
    }
}
