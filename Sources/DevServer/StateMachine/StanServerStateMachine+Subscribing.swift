package import NIOCore
import StanCore

/// Subscriptions begin, are resumed, and end.
extension StanServerStateMachine {
    /// A `SubscriptionRequest` came.
    package mutating func subscribeRequested(
        _ payload: ByteBuffer,
        reply: String?,
        now: NIODeadline,
        wallClock: Int64,
        into actions: inout [Action]
    ) {
        do throws(Refusal) {
            let accepted = try self.check(payload)
            try self.subscribe(accepted, reply: reply, now: now, wallClock: wallClock, into: &actions)
        } catch {
            self.respond(StanWire.SubscriptionResponse(error: error.reason), to: reply, into: &actions)
        }
    }

    /// An `UnsubscribeRequest` came on the subject that ends a subscription for good.
    package mutating func unsubscribeRequested(
        _ payload: ByteBuffer,
        reply: String?,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        self.endRequested(payload, isUnsubscribe: true, reply: reply, now: now, into: &actions)
    }

    /// An `UnsubscribeRequest` came on the subject that keeps what is durable.
    package mutating func subscriptionCloseRequested(
        _ payload: ByteBuffer,
        reply: String?,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        self.endRequested(payload, isUnsubscribe: false, reply: reply, now: now, into: &actions)
    }

    private typealias Refusal = ChannelRefusal

    /// A request that may be granted as far as can be seen without its channel.
    private struct Accepted {
        var request: StanWire.SubscriptionRequest
        var client: ClientKey
        var start: StartPosition
        var channelName: ByteBuffer
    }

    /// The order of these checks can be seen by clients.
    private func check(_ payload: ByteBuffer) throws(Refusal) -> Accepted {
        guard let request = try? StanWire.SubscriptionRequest(decoding: payload) else {
            throw Refusal(reason: StanServerError.invalidSubscriptionRequest)
        }
        guard !request.clientID.isEmpty else { throw Refusal(reason: StanServerError.missingClientID) }
        guard request.ackWaitInSecs > 0 else { throw Refusal(reason: StanServerError.invalidAckWait) }
        guard request.maxInFlight > 0 else { throw Refusal(reason: StanServerError.invalidMaxInFlight) }
        guard let start = StartPosition(request) else { throw Refusal(reason: StanServerError.invalidStartPosition) }
        let name = ByteBuffer(string: request.subject)
        guard Validation.isChannel(name) else { throw Refusal(reason: StanServerError.invalidSubject) }
        guard let client = self.clientsByID[request.clientID] else { throw Refusal(reason: StanServerError.unknownClientID) }
        return Accepted(request: request, client: client, start: start, channelName: name)
    }

    private mutating func subscribe(
        _ accepted: Accepted,
        reply: String?,
        now: NIODeadline,
        wallClock: Int64,
        into actions: inout [Action]
    ) throws(Refusal) {
        let request = accepted.request
        let channel = try self.channel(named: accepted.channelName, now: now)
        if !request.queueGroup.isEmpty {
            let isDurable = !request.durableName.isEmpty
            guard !isDurable || !request.durableName.utf8.contains(UInt8(ascii: ":")) else {
                throw Refusal(reason: StanServerError.invalidDurableQueueName)
            }
            let name = isDurable ? "\(request.durableName):\(request.queueGroup)" : request.queueGroup
            let known = self.channels[channel].groups.first { self.groups[$0].name == name }
            if let known, let shadow = self.groups[known].shadow {
                self.groups[known].shadow = nil
                let id = self.resume(shadow, accepted, reply: reply, into: &actions)
                self.recordSubscription(id)
                self.groups[known].members.append(id)
                self.sendAllPending(of: id, now: now, into: &actions)
                self.sendNew(toGroup: known, now: now, into: &actions)
                return
            }
            try self.checkRoom(in: channel)
            let group = known ?? self.makeGroup(name, isDurable: isDurable, in: channel, accepted.start, wallClock: wallClock)
            let id = self.begin(.queueMember(group), accepted, in: channel, reply: reply, into: &actions)
            self.groups[group].members.append(id)
            self.recordSubscription(id)
            self.sendNew(toGroup: group, now: now, into: &actions)
            return
        }
        var kind = Subscription.Kind.plain
        if !request.durableName.isEmpty {
            let key = DurableKey(clientID: request.clientID, name: request.durableName)
            kind = .durable(key)
            if let durable = self.channels[channel].durables[key] {
                if self.subscriptions[durable].client != nil {
                    guard self.options.replaceDurable else { throw Refusal(reason: StanServerError.duplicateDurable) }
                    self.end(durable, isUnsubscribe: false, now: now, into: &actions)
                }
                // Ending an active durable leaves it in place, offline.
                let id = self.resume(durable, accepted, reply: reply, into: &actions)
                self.recordSubscription(id)
                self.channels[channel].durables[key] = id
                self.channels[channel].subscriptions.append(id)
                self.sendAllPending(of: id, now: now, into: &actions)
                self.sendNew(to: id, now: now, into: &actions)
                return
            }
        }
        try self.checkRoom(in: channel)
        let id = self.begin(kind, accepted, in: channel, reply: reply, into: &actions)
        self.subscriptions[id].lastSent = self.channels[channel].sequenceBefore(accepted.start, wallClock: wallClock)
        if case .durable(let key) = kind { self.channels[channel].durables[key] = id }
        self.channels[channel].subscriptions.append(id)
        self.recordSubscription(id)
        self.sendNew(to: id, now: now, into: &actions)
    }

    private func checkRoom(in channel: ChannelKey) throws(Refusal) {
        let limit = self.options.limits.maxSubscriptions
        guard limit <= 0 || self.channels[channel].subscriptionCount < limit else {
            throw Refusal(reason: StanServerError.tooManySubscriptions)
        }
    }

    private mutating func makeGroup(
        _ name: String,
        isDurable: Bool,
        in channel: ChannelKey,
        _ start: StartPosition,
        wallClock: Int64
    ) -> QueueGroupKey {
        let lastSent = self.channels[channel].sequenceBefore(start, wallClock: wallClock)
        let group = self.groups.insert(QueueGroup(channel: channel, name: name, isDurable: isDurable, lastSent: lastSent))
        self.channels[channel].groups.append(group)
        if let record = self.record(of: group) { self.changes?.record(record) }
        return group
    }

    private mutating func begin(
        _ kind: Subscription.Kind,
        _ accepted: Accepted,
        in channel: ChannelKey,
        reply: String?,
        into actions: inout [Action]
    ) -> SubscriptionID {
        let request = accepted.request
        self.lastNumber += 1
        let subscription = Subscription(
            channel: channel,
            kind: kind,
            number: self.lastNumber,
            client: accepted.client,
            clientID: request.clientID,
            inbox: request.inbox,
            ackInbox: self.inboxes.next(),
            maxInFlight: Int(request.maxInFlight),
            ackWait: self.options.ackWaitOverride ?? .seconds(Int64(request.ackWaitInSecs))
        )
        self.channels[channel].subscriptionCount += 1
        return self.activate(subscription, reply: reply, into: &actions)
    }

    /// Brings an offline durable, or the shadow of a durable group, back. It gets a new name and a new ack inbox, so that
    /// acks of its former life mean nothing.
    private mutating func resume(
        _ id: SubscriptionID,
        _ accepted: Accepted,
        reply: String?,
        into actions: inout [Action]
    ) -> SubscriptionID {
        let request = accepted.request
        var subscription = self.subscriptions.remove(id)
        subscription.client = accepted.client
        subscription.clientID = request.clientID
        subscription.inbox = request.inbox
        subscription.ackInbox = self.inboxes.next()
        subscription.maxInFlight = Int(request.maxInFlight)
        subscription.ackWait = self.options.ackWaitOverride ?? .seconds(Int64(request.ackWaitInSecs))
        return self.activate(subscription, reply: reply, into: &actions)
    }

    private mutating func activate(
        _ subscription: Subscription,
        reply: String?,
        into actions: inout [Action]
    ) -> SubscriptionID {
        let id = self.subscriptions.insert(subscription)
        if let client = subscription.client {
            self.clients[client].subscriptions.append(id)
            self.subscriptions[id].hasFailedHeartbeat = self.clients[client].failedHeartbeats > 0
        }
        self.subscriptionsByAckInbox[subscription.ackInbox] = id
        // The client may ack as soon as it has the answer.
        actions.append(.subscribeAckInbox(subscription.ackInbox, id))
        self.respond(StanWire.SubscriptionResponse(ackInbox: subscription.ackInbox), to: reply, into: &actions)
        return id
    }

    // MARK: Endings

    private mutating func endRequested(
        _ payload: ByteBuffer,
        isUnsubscribe: Bool,
        reply: String?,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        var response = StanWire.SubscriptionResponse()
        if let request = try? StanWire.UnsubscribeRequest(decoding: payload) {
            if let channel = self.channelsByName[ByteBuffer(string: request.subject)] {
                if let id = self.activeSubscription(of: channel, inbox: request.inbox) {
                    if self.subscriptions[id].clientID == request.clientID {
                        self.end(id, isUnsubscribe: isUnsubscribe, now: now, into: &actions)
                    } else {
                        response.error = StanServerError.unknownClientID
                    }
                } else {
                    response.error = StanServerError.invalidSubscription
                }
            } else {
                response.error = StanServerError.unknownChannel
            }
        } else {
            response.error = StanServerError.invalidUnsubscribeRequest
        }
        self.respond(response, to: reply, into: &actions)
    }

    /// - Parameter inbox: an ack inbox, or the inbox for messages, for a client that never got to know its ack inbox.
    private func activeSubscription(of channel: ChannelKey, inbox: String) -> SubscriptionID? {
        if let id = self.subscriptionsByAckInbox[inbox], self.subscriptions[id].channel == channel { return id }
        if let id = self.channels[channel].subscriptions.first(where: { self.subscriptions[$0].inbox == inbox }) { return id }
        return self.channels[channel].groups.lazy
            .flatMap { self.groups[$0].members }
            .first { self.subscriptions[$0].inbox == inbox }
    }

    /// Ends an active subscription. What is durable goes offline, unless its owner unsubscribes.
    mutating func end(_ id: SubscriptionID, isUnsubscribe: Bool, now: NIODeadline, into actions: inout [Action]) {
        let channel = self.subscriptions[id].channel
        actions.append(.unsubscribeAckInbox(id))
        self.subscriptionsByAckInbox[self.subscriptions[id].ackInbox] = nil
        if let client = self.subscriptions[id].client { self.clients[client].subscriptions.removeAll { $0 == id } }
        self.subscriptions[id].client = nil
        self.subscriptions[id].timer = nil
        self.subscriptions[id].hasFailedHeartbeat = false
        self.channels[channel].lastActivity = now

        switch self.subscriptions[id].kind {
        case .plain:
            self.channels[channel].subscriptions.removeAll { $0 == id }
            self.forget(id)
        case .durable(let key):
            self.channels[channel].subscriptions.removeAll { $0 == id }
            if isUnsubscribe {
                self.channels[channel].durables[key] = nil
                self.forget(id)
            } else {
                self.recordSubscription(id)
            }
        case .queueMember(let group):
            self.leave(group, id, isUnsubscribe: isUnsubscribe, now: now, into: &actions)
        }
    }

    private mutating func forget(_ id: SubscriptionID) {
        let subscription = self.subscriptions.remove(id)
        self.channels[subscription.channel].subscriptionCount -= 1
        self.changes?.record(.subscriptionRemoved(subscription.number))
    }

    private mutating func leave(
        _ group: QueueGroupKey,
        _ id: SubscriptionID,
        isUnsubscribe: Bool,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        self.groups[group].members.removeAll { $0 == id }
        if self.groups[group].members.isEmpty {
            if self.groups[group].isDurable, !isUnsubscribe {
                self.groups[group].shadow = id
                self.recordSubscription(id)
            } else {
                let channel = self.groups[group].channel
                let name = StoreRecord.Group(channel: self.channels[channel].number, name: self.groups[group].name)
                self.changes?.record(.groupRemoved(name))
                self.channels[channel].groups.removeAll { $0 == group }
                self.groups.remove(group)
                self.forget(id)
            }
            return
        }
        self.redistribute(self.subscriptions[id].pending.bySequence, in: group, now: now)
        self.forget(id)
        self.sendNew(toGroup: group, now: now, into: &actions)
    }

    /// Deals the unacked messages of a member that left out to those that stay. They go out again a moment later, so that
    /// members that leave together do not pass them on to one another.
    private mutating func redistribute(_ entries: [PendingMessages.Entry], in group: QueueGroupKey, now: NIODeadline) {
        let members = self.groups[group].members
        let due = now + Self.redistributionDelay
        var shares = [[(sequence: UInt64, redeliveries: UInt32)]](repeating: [], count: members.count)
        for (index, entry) in entries.enumerated() {
            shares[index % members.count].append((entry.sequence, entry.redeliveries))
        }
        for (member, share) in zip(members, shares) where !share.isEmpty {
            self.subscriptions[member].pending.insert(share, due: due)
            for (sequence, _) in share {
                self.changes?.record(.sent(self.subscriptions[member].number, first: sequence, last: sequence))
            }
            if let timer = self.subscriptions[member].timer, timer <= due { continue }
            self.subscriptions[member].timer = nil
            self.setAckTimer(for: member)
        }
    }
}
