package import NIOCore

/// Messages go out, are acked, or go out again.
extension StanServerStateMachine {
    /// An `Ack` came on the ack inbox of a subscription. One that means nothing is ignored, as the real server does.
    package mutating func ackReceived(
        _ payload: ByteBuffer,
        on id: SubscriptionID,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        guard self.subscriptions.contains(id) else { return }
        let channel = self.subscriptions[id].channel
        guard let sequence = AckFrame.sequence(in: payload, channel: self.channels[channel].nameBytes) else { return }
        let isHolder = self.subscriptions[id].pending.remove(sequence) != nil
        if isHolder { self.changes?.settled(self.subscriptions[id].number, sequence) }
        switch self.subscriptions[id].kind {
        case .plain, .durable:
            guard isHolder else { return }
            self.sendNew(to: id, now: now, into: &actions)
        case .queueMember(let group):
            // The message may have moved on to another member.
            if !isHolder {
                let holder = self.groups[group].members.first { self.subscriptions[$0].pending.remove(sequence) != nil }
                guard let holder else { return }
                self.changes?.settled(self.subscriptions[holder].number, sequence)
            }
            self.sendNew(toGroup: group, now: now, into: &actions)
        }
    }

    // MARK: New messages

    mutating func sendNew(of channel: ChannelKey, now: NIODeadline, into actions: inout [Action]) {
        for index in self.channels[channel].subscriptions.indices {
            self.sendNew(to: self.channels[channel].subscriptions[index], now: now, into: &actions)
        }
        for index in self.channels[channel].groups.indices {
            self.sendNew(toGroup: self.channels[channel].groups[index], now: now, into: &actions)
        }
    }

    mutating func sendNew(to id: SubscriptionID, now: NIODeadline, into actions: inout [Action]) {
        let before = self.subscriptions[id].lastSent
        self.subscriptions[id].sendNew(from: self.channels[self.subscriptions[id].channel].log, now: now, into: &actions)
        if self.changes != nil, self.subscriptions[id].lastSent > before {
            let first = max(before + 1, self.channels[self.subscriptions[id].channel].log.firstSequence)
            self.changes?.record(.sent(self.subscriptions[id].number, first: first, last: self.subscriptions[id].lastSent))
        }
        self.setAckTimer(for: id)
    }

    mutating func sendNew(toGroup key: QueueGroupKey, now: NIODeadline, into actions: inout [Action]) {
        let channel = self.groups[key].channel
        while self.groups[key].lastSent < self.channels[channel].log.lastSequence {
            let sequence = max(self.groups[key].lastSent + 1, self.channels[channel].log.firstSequence)
            guard
                let message = self.channels[channel].log[sequence],
                let member = self.groups[key].pick(from: self.subscriptions, evenIfStalled: false)
            else { return }
            self.groups[key].lastSent = sequence
            self.subscriptions[member].lastSent = sequence
            self.subscriptions[member].send(message, sequence: sequence, now: now, into: &actions)
            self.changes?.record(.sent(self.subscriptions[member].number, first: sequence, last: sequence))
            self.setAckTimer(for: member)
        }
    }

    // MARK: Redelivery

    /// Makes sure that the server looks at a subscription when the first of its messages is due.
    mutating func setAckTimer(for id: SubscriptionID) {
        guard self.subscriptions[id].timer == nil, let due = self.subscriptions[id].pending.earliestDue else { return }
        self.subscriptions[id].timer = due
        self.timers.set(.ackWait(id), for: due)
    }

    mutating func ackWaitElapsed(for id: SubscriptionID, now: NIODeadline, into actions: inout [Action]) {
        self.subscriptions[id].timer = nil
        if self.subscriptions[id].hasFailedHeartbeat, !self.subscriptions[id].isQueueMember {
            // The client does not seem to be there: try again later. In a queue group another may take the message.
            guard !self.subscriptions[id].pending.isEmpty else { return }
            let next = now + self.subscriptions[id].ackWait
            self.subscriptions[id].timer = next
            self.timers.set(.ackWait(id), for: next)
            return
        }
        for entry in self.subscriptions[id].pending.due(by: now + Self.redeliveryBatching) {
            self.sendAgain(entry, from: id, now: now, into: &actions)
        }
        self.setAckTimer(for: id)
        // A message that no longer exists, or that moved to another member, makes room.
        switch self.subscriptions[id].kind {
        case .plain, .durable: self.sendNew(to: id, now: now, into: &actions)
        case .queueMember(let group): self.sendNew(toGroup: group, now: now, into: &actions)
        }
    }

    private mutating func sendAgain(
        _ entry: PendingMessages.Entry,
        from id: SubscriptionID,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        self.subscriptions[id].pending.remove(entry.sequence)
        guard let message = self.channels[self.subscriptions[id].channel].log[entry.sequence] else {
            self.changes?.settled(self.subscriptions[id].number, entry.sequence)
            return
        }
        var target = id
        var due = entry.due
        if case .queueMember(let group) = self.subscriptions[id].kind {
            target = self.groups[group].pick(from: self.subscriptions, evenIfStalled: true) ?? id
            if target != id {
                due = now
                self.changes?.settled(self.subscriptions[id].number, entry.sequence)
                self.changes?.record(.sent(self.subscriptions[target].number, first: entry.sequence, last: entry.sequence))
            }
        }
        self.subscriptions[target].sendAgain(
            message,
            sequence: entry.sequence,
            redeliveries: entry.redeliveries &+ 1,
            due: due,
            now: now,
            into: &actions
        )
        if target != id { self.setAckTimer(for: target) }
    }

    /// Sends all unacked messages of a durable that is back, in the order of their sequences, however many may be in flight.
    mutating func sendAllPending(of id: SubscriptionID, now: NIODeadline, into actions: inout [Action]) {
        let entries = self.subscriptions[id].pending.bySequence
        self.subscriptions[id].pending = PendingMessages()
        let channel = self.subscriptions[id].channel
        for entry in entries {
            guard let message = self.channels[channel].log[entry.sequence] else {
                self.changes?.settled(self.subscriptions[id].number, entry.sequence)
                continue
            }
            self.subscriptions[id].sendAgain(
                message,
                sequence: entry.sequence,
                redeliveries: entry.redeliveries &+ 1,
                due: now,
                now: now,
                into: &actions
            )
        }
        self.setAckTimer(for: id)
    }
}
