package import NIOCore

/// The way back after a restart that forgets nothing.
extension StanServerStateMachine {
    /// Does what a server with a file store does when it comes up again: clients, channels and subscriptions are as they were,
    /// with the same inboxes; what was in memory only starts over. Redelivery counts restart, and an unacked message is due
    /// one ack wait after it was published.
    package mutating func restarted(now: NIODeadline, wallClock: Int64, into actions: inout [Action]) {
        self.timers = TimerQueue()
        self.claims = [:]
        for client in self.clients.ids {
            self.clients[client].failedHeartbeats = 0
            self.setHeartbeatTimer(for: client, now: now)
        }
        for channel in self.channels.ids {
            self.channels[channel].ageTimer = nil
            self.expireMessages(of: channel, now: now, wallClock: wallClock)
            self.channels[channel].lastActivity = now
            self.setInactivityTimer(for: channel)
        }
        for id in self.subscriptions.ids {
            self.recoverPending(of: id, now: now, wallClock: wallClock)
            guard self.subscriptions[id].client != nil else { continue }
            actions.append(.subscribeAckInbox(self.subscriptions[id].ackInbox, id))
            self.setAckTimer(for: id)
        }
        // What is overdue goes out before anything new.
        self.tick(now: now, wallClock: wallClock, into: &actions)
    }

    private mutating func recoverPending(of id: SubscriptionID, now: NIODeadline, wallClock: Int64) {
        let channel = self.subscriptions[id].channel
        let ackWait = self.subscriptions[id].ackWait.nanoseconds
        let entries = self.subscriptions[id].pending.bySequence
        self.subscriptions[id].pending = PendingMessages()
        self.subscriptions[id].timer = nil
        self.subscriptions[id].hasFailedHeartbeat = false
        // Timestamps do not decrease, so the order of sequences is that of the due times.
        for entry in entries {
            guard let message = self.channels[channel].log[entry.sequence] else { continue }
            let wait = max(0, message.timestamp - wallClock + ackWait)
            self.subscriptions[id].pending.append(entry.sequence, due: now + .nanoseconds(wait))
        }
    }
}
