import Logging
package import NATSTransport
import NIOCore

extension StanSession {
    func schedulePing() {
        self.pingTimer = self.eventLoop.assumeIsolated().scheduleTask(in: self.configuration.pingInterval) {
            guard case .open = self.state else { return }
            self.ping()
            self.schedulePing()
        }
    }

    func ping() {
        // While NATS is away nothing can be known of the session; it is asked as soon as NATS is back.
        guard case .open(let subjects) = self.state, self.nats.isConnected, self.pingTimer != nil else { return }
        self.pingsOut += 1
        guard self.pingsOut <= self.configuration.pingMaxOut else {
            return self.lost(StanError(.connectionLost, "stan: connection lost due to PING failure"))
        }
        let ping = StanWire.Ping(connectionID: self.connectionID)
        try? self.nats.publish(ping.encoded(), to: subjects.ping, reply: self.pingInbox)
    }

    func pingAnswered(_ message: borrowing NATSMessage) {
        // Nobody listens: the server is down or is changing its leader. That counts as unanswered.
        guard case .open = self.state, !message.saysNoResponders else { return }
        guard let answer = try? StanWire.PingResponse(decoding: message.payload) else { return }
        if answer.error.isEmpty {
            self.pingsOut = 0
        } else {
            self.lost(StanError(.connectionLost, answer.error))
        }
    }

    package func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        self.pingsOut = 0
        self.ping()
    }

    func lost(_ error: StanError) {
        self.logger.debug("STAN session lost", metadata: ["error": "\(error)"])
        let onLost = self.onLost
        self.end(with: error)
        onLost?(error)
    }
}
