import Glibc
import NATSTransport
import NIOCore

extension StanSession {
    /// Subscribes. The first message may come before the returned future's callbacks have been added.
    ///
    /// - Returns: fails with ``StanError/Code/subscribeTimeout``, ``StanError/Code/refused`` (the server's words),
    ///   ``StanError/Code/invalidArgument``, ``StanError/Code/connectionClosed`` or ``StanError/Code/nats``.
    package func subscribe(
        to channel: String,
        options: StanSubscriptionOptions,
        subscriber: any StanSubscriber,
        completion: @escaping (Result<StanChannelSubscription, StanError>) -> Void
    ) {
        self.eventLoop.assertInEventLoop()
        guard case .open(let subjects) = self.state else { return completion(.failure(.closed)) }
        do throws(StanError) {
            try StanChannel.validate(channel)
            try options.validate()
        } catch {
            return completion(.failure(error))
        }
        let subscription = StanChannelSubscription(
            session: self,
            channel: channel,
            options: options,
            subscriber: subscriber,
            logger: self.logger
        )
        self.takeBackUnanswered(subjects)
        let id = self.nats.subscribe(subscription.inbox, subscriber: subscription)
        self.subscriptions.append((id, subscription))
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let request = options.request(
            clientID: self.configuration.clientID,
            channel: channel,
            inbox: subscription.inbox,
            now: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        )
        self.nats.request(request.encoded(), to: subjects.subscribe, timeout: self.configuration.requestTimeout)
            .assumeIsolated()
            .whenComplete { result in
                do throws(StanError) {
                    try self.subscribeAnswered(result, subscription, subjects)
                    completion(.success(subscription))
                } catch {
                    self.remove(subscription)
                    completion(.failure(error))
                }
            }
    }

    func subscribeAnswered(
        _ result: Result<NATSMessage, any Error>,
        _ subscription: StanChannelSubscription,
        _ subjects: Subjects
    ) throws(StanError) {
        switch result {
        case .failure(NATSError.timeout):
            self.gotNoAnswer(subscription)
            self.takeBackUnanswered(subjects)
            throw StanError(.subscribeTimeout, "stan: subscribe request timeout")
        case .failure(NATSError.noResponders):
            throw StanError(.subscribeTimeout, "stan: subscribe request timeout: no STAN server is listening")
        case .failure(let error):
            // It went out as far as one knows, and its answer is lost with the connection.
            self.gotNoAnswer(subscription)
            throw StanError(nats: error)
        case .success(let message):
            // What was taken back before, on the same connection, the server has seen.
            self.unanswered.removeAll()
            let answer: StanWire.SubscriptionResponse = try Self.decode(message, "subscription response")
            guard answer.error.isEmpty else { throw Self.refusal(answer.error) }
            guard case .open = self.state else { throw .closed }
            guard NATSSubject.isPublishable(answer.ackInbox) else {
                throw StanError(.refused, "the STAN server's subscription response has no usable ack inbox")
            }
            subscription.activate(ackInbox: answer.ackInbox)
        }
    }

    /// The server may have made the subscription, or will. Then nobody listens to it: a durable of that name would count as in use,
    /// and a queue group would lose time with each message that it gets.
    private func gotNoAnswer(_ subscription: StanChannelSubscription) {
        var request = StanWire.UnsubscribeRequest()
        request.clientID = self.configuration.clientID
        request.subject = subscription.channel
        request.inbox = subscription.inbox
        self.unanswered.append(request)
        if self.unanswered.count > Self.unansweredLimit { self.unanswered.removeFirst() }
    }

    /// So many are taken back at once: the others have been before.
    private static let unansweredLimit = 64

    /// Once, and again on each new connection and with every further request, until one is answered: what takes back can get lost, too.
    func takeBackUnanswered(_ subjects: Subjects) {
        guard !subjects.closeSubscription.isEmpty else { return }
        for request in self.unanswered { try? self.nats.publish(request.encoded(), to: subjects.closeSubscription) }
    }

    func end(_ subscription: StanChannelSubscription, keepingDurable: Bool) -> EventLoopFuture<Void> {
        guard case .open(let subjects) = self.state, let ackInbox = subscription.ackInbox else {
            return self.failed(StanError(.connectionClosed, "stan: invalid subscription: it has ended already"))
        }
        // Acks that wait leave before the request, on the same connection, so the server handles them before it.
        self.remove(subscription)
        var request = StanWire.UnsubscribeRequest()
        request.clientID = self.configuration.clientID
        request.subject = subscription.channel
        request.inbox = ackInbox
        let subject = keepingDurable ? subjects.closeSubscription : subjects.unsubscribe
        guard !subject.isEmpty else { return self.failed(StanError(.refused, "stan: not supported by server")) }
        return self.nats.request(request.encoded(), to: subject, timeout: self.configuration.requestTimeout)
            .flatMapThrowing { message in
                let answer: StanWire.SubscriptionResponse = try Self.decode(message, "answer to the end of a subscription")
                guard answer.error.isEmpty else { throw Self.refusal(answer.error) }
            }
            .flatMapErrorThrowing { throw Self.closeError($0) }
    }

    func remove(_ subscription: StanChannelSubscription) {
        subscription.end()
        guard let index = self.subscriptions.firstIndex(where: { $0.subscription === subscription }) else { return }
        self.nats.unsubscribe(self.subscriptions[index].id)
        self.subscriptions.remove(at: index)
    }

    /// For acks: see ``NATSConnection/write(_:)``.
    func write(_ body: (inout ByteBuffer) -> Void) -> Bool {
        self.nats.write(body)
    }
}
