import NATSTransport
package import NIOCore

extension StanSession {
    /// Publishes and waits for the server's ack.
    ///
    /// - Returns: fails with ``StanError/Code/publishAckTimeout`` (stored or not: unknown), ``StanError/Code/connectionClosed``
    ///   (likewise), ``StanError/Code/tooLarge``, ``StanError/Code/invalidArgument``, ``StanError/Code/refused`` or ``StanError/Code/nats``.
    package func publish(_ data: ByteBuffer, to channel: String) -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        guard case .open(let subjects) = self.state else { return self.failed(StanError.closed) }
        do throws(StanError) {
            try StanChannel.validate(channel)
        } catch {
            return self.failed(error)
        }
        let promise = self.eventLoop.makePromise(of: Void.self)
        let guid = self.publishes.add(promise, now: .now())
        let message = StanWire.PubMsg(
            clientID: self.configuration.clientID,
            guid: guid,
            subject: channel,
            data: data,
            connectionID: self.connectionID
        )
        do throws(NATSError) {
            try self.nats.publish(message.encoded(), to: "\(subjects.publish).\(channel)", reply: self.publishes.ackInbox)
            self.scheduleAckTimeout()
        } catch {
            let code: StanError.Code = if case .payloadTooLarge = error { .tooLarge } else { .nats }
            self.publishes.take(guid)?.fail(StanError(code, "\(error)"))
        }
        return promise.futureResult
    }

    /// How many published messages wait for their acks.
    package var pubAcksInFlight: Int { self.publishes.count }

    func publishAnswered(_ message: borrowing NATSMessage) {
        // Nobody listens: which message it was is not said, so they all wait for their time to run out.
        guard !message.saysNoResponders, let ack = try? StanWire.PubAck(decoding: message.payload) else { return }
        guard let promise = self.publishes.take(ack.guid) else { return }
        if ack.error.isEmpty {
            promise.succeed()
        } else {
            promise.fail(StanError(.refused, ack.error))
        }
    }

    /// One timer for all: the timeout is the same for each, so the oldest runs out first.
    func scheduleAckTimeout() {
        guard self.ackTimer == nil, let deadline = self.publishes.nextDeadline else { return }
        self.ackTimer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.ackTimer = nil
            for (guid, promise) in self.publishes.takeExpired(now: .now()) {
                promise.fail(
                    StanError(.publishAckTimeout, "stan: publish ack timeout (guid \(guid)): the message may be stored or not")
                )
            }
            self.scheduleAckTimeout()
        }
    }
}
