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
            let loss: StanError.Loss = self.pingsUnheard >= self.configuration.pingMaxOut ? .serverAway : .pingsUnanswered
            return self.lost(StanError(lost: loss, "stan: connection lost due to PING failure"))
        }
        let ping = StanWire.Ping(connectionID: self.connectionID)
        try? self.nats.publish(ping.encoded(), to: subjects.ping, reply: self.pingInbox)
    }

    func pingAnswered(_ message: borrowing NATSMessage) {
        // Nobody listens: the server is down or is changing its leader. That counts as unanswered.
        guard case .open = self.state else { return }
        guard !message.saysNoResponders else {
            self.pingsUnheard += 1
            return
        }
        guard let answer = try? StanWire.PingResponse(decoding: message.payload) else { return }
        if answer.error.isEmpty {
            self.pingsOut = 0
            self.pingsUnheard = 0
        } else {
            self.lost(StanError(lost: .forgotten, answer.error))
        }
    }

    package func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        self.pingsOut = 0
        self.pingsUnheard = 0
        if case .open(let subjects) = self.state { self.takeBackUnanswered(subjects) }
        self.ping()
        self.publishWaiting()
    }

    /// What waits for its turn fails like what is published from now on, as far as acks are not what it waits for.
    package func natsDisconnected(from server: NATSServerAddress, error: NATSError) {
        self.publishWaiting()
    }

    package func natsDrained() {
        self.publishWaiting()
    }

    package func natsGaveUp(on server: NATSServerAddress, error: NATSError) {
        self.lost(StanError(lost: .natsClosed, "the NATS connection is closed for good: \(error)"))
    }

    package func natsClosed() {
        self.lost(StanError(lost: .natsClosed, "the NATS connection is closed for good"))
    }

    func lost(_ error: StanError) {
        if case .ended = self.state { return }
        self.logger.debug("STAN session lost", metadata: ["error": "\(error)"])
        let onLost = self.onLost
        self.end(with: error)
        onLost?(error)
    }
}
