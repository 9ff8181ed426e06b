import NATSTransport
package import NIOCore

extension StanSession {
    /// A message that waits until fewer published ones wait for their acks, and fewer bytes for the socket.
    struct WaitingPublish {
        var ticket: UInt64
        var data: ByteBuffer
        var channel: String
        var completion: PublishTable.Completion
    }

    /// Publishes and waits for the server's ack. See `publish(_:to:completion:)`.
    package func publish(_ data: ByteBuffer, to channel: String) -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        _ = self.publish(data, to: channel) { error in
            if let error { promise.fail(error) } else { promise.succeed() }
        }
        return promise.futureResult
    }

    /// Publishes a message, at once or when fewer than ``StanConfiguration/maxPubAcksInFlight`` wait for their acks and the socket
    /// takes what is written.
    ///
    /// - Parameter completion: called once, with nil when the server has stored the message, or with a ``StanError`` of the code
    ///   ``StanError/Code/publishAckTimeout`` (stored or not: unknown), ``StanError/Code/connectionClosed`` (likewise),
    ///   ``StanError/Code/tooLarge``, ``StanError/Code/invalidArgument``, ``StanError/Code/refused`` or ``StanError/Code/nats``. It
    ///   names the guid where the message got one.
    /// - Returns: a ticket for `cancelPublish`.
    package func publish(_ data: ByteBuffer, to channel: String, completion: @escaping (StanError?) -> Void) -> UInt64 {
        self.eventLoop.assertInEventLoop()
        self.lastTicket += 1
        let ticket = self.lastTicket
        if self.isOpen, !self.hasRoomToPublish || !self.waitingPublishes.isEmpty {
            self.waitingPublishes.append(WaitingPublish(ticket: ticket, data: data, channel: channel, completion: completion))
        } else {
            self.publishNow(data, to: channel, completion: completion)
        }
        return ticket
    }

    /// Takes back a message that still waits for its turn. One that is under way stays so.
    package func cancelPublish(_ ticket: UInt64) {
        guard let index = self.waitingPublishes.firstIndex(where: { $0.ticket == ticket }) else { return }
        let waiting = self.waitingPublishes.remove(at: index)
        waiting.completion(StanError(.cancelled, "the publish was cancelled before the message was sent"))
    }

    private func publishNow(_ data: ByteBuffer, to channel: String, completion: @escaping PublishTable.Completion) {
        let template: PublishTemplate
        do throws(StanError) {
            template = try self.publishTemplate(for: channel)
        } catch {
            return completion(error)
        }
        let number = self.publishes.add(now: .now(), completion)
        let dataLength = data.readableBytes
        let size = template.size(number: number, dataLength: dataLength)
        do throws(NATSError) {
            try self.nats.write(size: size, payload: data) { buffer in
                template.writeHead(size: size, number: number, dataLength: dataLength, to: &buffer)
            }
            self.scheduleAckTimeout()
        } catch {
            let guid = self.publishes.guid(of: number)
            self.publishes.take(number)?(StanError(nats: error, guid: guid))
        }
    }

    private func publishTemplate(for channel: String) throws(StanError) -> PublishTemplate {
        // Asked first: taking the subjects out costs more than all of what follows.
        guard self.isOpen else { throw .closed }
        if let recent = self.recentTemplate, recent.channel == channel { return recent.template }
        guard case .open(let subjects) = self.state else { throw .closed }
        try StanChannel.validate(channel)
        let template = PublishTemplate(
            channel: channel,
            prefix: subjects.publish,
            ackInbox: self.publishes.ackInbox,
            clientID: self.configuration.clientID,
            connectionID: self.connectionID,
            guidPrefix: self.publishes.guidPrefix
        )
        self.recentTemplate = (channel, template)
        return template
    }

    /// How many published messages wait for their acks.
    package var pubAcksInFlight: Int { self.publishes.count }

    /// How many messages wait for their turn.
    package var publishesWaiting: Int { self.waitingPublishes.count }

    /// Whether a message that is published now leaves now.
    var hasRoomToPublish: Bool {
        self.publishes.count < self.configuration.maxPubAcksInFlight && !self.nats.isCongested
    }

    func publishAnswered(_ message: borrowing NATSMessage) {
        // Nobody listens: which message it was is not said, so they all wait for their time to run out.
        guard !message.saysNoResponders else { return }
        var completion: PublishTable.Completion?
        message.withUnsafePayload { bytes in
            // As a rule there is the guid and nothing else: field 1, its length, its bytes.
            if bytes.count > 2, bytes[0] == 1 << 3 | 2, bytes[1] < 0x80, Int(bytes[1]) == bytes.count - 2 {
                completion = self.publishes.take(UnsafeRawBufferPointer(rebasing: bytes[2...]))
            }
        }
        if let completion {
            completion(nil)
        } else if let ack = try? StanWire.PubAck(decoding: message.payload), let completion = self.publishes.take(ack.guid) {
            completion(ack.error.isEmpty ? nil : StanError(.refused, ack.error, guid: ack.guid))
            // Nothing is wrong with what went out. Servers say that to clients that they do not know, too.
            if ack.error == StanServerError.invalidPublishRequest, self.pingsOut == 0 { self.ping() }
        }
        self.publishWaiting()
    }

    func publishWaiting() {
        while self.hasRoomToPublish, let next = self.waitingPublishes.popFirst() {
            self.publishNow(next.data, to: next.channel, completion: next.completion)
        }
        if self.hasRoomToPublish, !self.roomWaiters.isEmpty { self.tellRoomWaiters() }
    }

    private func tellRoomWaiters() {
        let waiters = self.roomWaiters
        self.roomWaiters = []
        for waiter in waiters { waiter() }
    }

    /// One timer for all: the timeout is the same for each, so the oldest runs out first.
    private func scheduleAckTimeout() {
        guard self.ackTimer == nil, let deadline = self.publishes.nextDeadline else { return }
        self.ackTimer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.ackTimer = nil
            for (guid, completion) in self.publishes.takeExpired(now: .now()) {
                completion(
                    StanError(.publishAckTimeout, "stan: publish ack timeout: the message may be stored or not", guid: guid)
                )
            }
            self.publishWaiting()
            self.scheduleAckTimeout()
        }
    }

    /// The session has ended: nothing that waits will get an ack.
    func failPublishes() {
        let underWay = self.publishes.takeAll()
        let waiting = self.waitingPublishes
        self.waitingPublishes.removeAll()
        for (guid, completion) in underWay {
            completion(StanError(.connectionClosed, "stan: connection closed: the message may be stored or not", guid: guid))
        }
        for publish in waiting { publish.completion(.closed) }
        self.tellRoomWaiters()
    }
}
