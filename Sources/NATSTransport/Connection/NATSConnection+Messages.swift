package import NIOCore

/// What the users of a connection do with it.
extension NATSConnection {
    /// Payloads from this size on are handed to the socket as they are; copying smaller ones is cheaper than a write of their own.
    private static let largePayload = 4096

    /// Subscribes now if connected, and after each reconnect.
    package func subscribe(
        _ subject: String,
        queue: String? = nil,
        subscriber: any NATSSubscriber
    ) -> NATSSubscriptionID {
        self.eventLoop.assertInEventLoop()
        let entry = SubscriptionTable.Entry(subject: subject, queue: queue, subscriber: subscriber)
        let id = self.subscriptions.add(entry)
        if case .connected(let handler, _) = self.state {
            handler.write { SubscriptionTable.writeSubscribe(entry, id, to: &$0) }
        }
        return id
    }

    package func unsubscribe(_ id: NATSSubscriptionID) {
        self.eventLoop.assertInEventLoop()
        guard self.subscriptions.remove(id), case .connected(let handler, _) = self.state else { return }
        handler.write { $0.writeString("UNSUB \(id.number)\r\n") }
    }

    /// Whether so much waits for the socket that nothing should be published until ``NATSConnectionObserver/natsDrained()``. Acks and
    /// requests may go all the same. False without a connection, where nothing waits.
    package var isCongested: Bool {
        if case .connected(let handler, _) = self.state { handler.isFull } else { false }
    }

    /// Publishes, or says at once why not.
    package func publish(_ payload: ByteBuffer, to subject: String, reply: String? = nil) throws(NATSError) {
        self.eventLoop.assertInEventLoop()
        guard NATSSubject.isPublishable(subject) else { throw .invalidSubject(subject) }
        let size = payload.readableBytes
        try self.write(size: size, payload: payload) { buffer in
            buffer.writeStaticString("PUB ")
            buffer.writeString(subject)
            if let reply {
                buffer.writeStaticString(" ")
                buffer.writeString(reply)
            }
            buffer.writeStaticString(" ")
            buffer.writeDecimal(size)
            buffer.writeStaticString("\r\n")
        }
    }

    /// Appends protocol lines that the caller has already made; for hot paths that know what they write.
    ///
    /// - Returns: false when there is no connection and nothing was written.
    package func write(_ body: (inout ByteBuffer) -> Void) -> Bool {
        guard case .connected(let handler, _) = self.state else { return false }
        handler.write(body)
        return true
    }

    /// Writes a PUB whose line, and the payload up to its last part, the caller has already made.
    ///
    /// - Parameters:
    ///   - size: of the payload as a whole.
    ///   - payload: the last part of the payload: everything after what `head` writes.
    ///   - head: writes `PUB subject [reply] size`, the line's end, and the first part of the payload.
    package func write(size: Int, payload: ByteBuffer, head: (inout ByteBuffer) -> Void) throws(NATSError) {
        self.eventLoop.assertInEventLoop()
        guard case .connected(let handler, let info) = self.state else { throw self.unavailable }
        guard size <= info.maximumPayload else { throw .payloadTooLarge(size: size, limit: info.maximumPayload) }
        if payload.readableBytes >= Self.largePayload {
            handler.write(line: head, largePayload: payload)
        } else {
            handler.write {
                head(&$0)
                $0.writeImmutableBuffer(payload)
                $0.writeStaticString("\r\n")
            }
        }
    }

    /// Publishes with a reply subject of its own and waits for the first answer.
    ///
    /// - Returns: the answer. Fails with ``NATSError/noResponders`` at once when nobody listens, ``NATSError/timeout``,
    ///   ``NATSError/notConnected`` or ``NATSError/closed``.
    package func request(_ payload: ByteBuffer, to subject: String, timeout: TimeAmount) -> EventLoopFuture<NATSMessage> {
        self.eventLoop.assertInEventLoop()
        if !self.requests.isSubscribed {
            let subscriber = NATSClosureSubscriber { [weak self] message in
                guard let promise = self?.requests.take(answeredBy: message) else { return }
                message.saysNoResponders ? promise.fail(NATSError.noResponders) : promise.succeed(copy message)
            }
            _ = self.subscribe(self.requests.inbox + ".*", subscriber: subscriber)
            self.requests.isSubscribed = true
        }
        let (token, future) = self.requests.add(timeout: timeout) { [weak self] token in
            self?.requests.take(token)?.fail(NATSError.timeout)
        }
        do throws(NATSError) {
            try self.publish(payload, to: subject, reply: "\(self.requests.inbox).\(token)")
        } catch {
            self.requests.take(token)?.fail(error)
        }
        return future
    }

    /// Completes when the server has processed all that was written before.
    package func flush() -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        let promise = self.eventLoop.makePromise(of: Void.self)
        if case .connected(let handler, _) = self.state {
            self.pongWaiters.append(promise)
            handler.write { $0.writeStaticString("PING\r\n") }
        } else {
            promise.fail(self.unavailable)
        }
        return promise.futureResult
    }

    private var unavailable: NATSError {
        if case .closed = self.state { .closed } else { .notConnected }
    }
}
