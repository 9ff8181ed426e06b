import NIOCore

/// What a store on disk has to know, and the way back from it.
extension StanServerStateMachine {
    /// A server as it was when its store was last told. Follow with ``restarted(now:wallClock:into:)``.
    init(options: StanServerOptions, inboxes: InboxGenerator, recovered: StoredState, now: NIODeadline) {
        self.init(options: options, inboxes: inboxes)
        self.lastNumber = recovered.lastNumber
        for client in recovered.clients { self.recover(client) }
        var channels: [UInt64: ChannelKey] = [:]
        for stored in recovered.channels {
            var channel = Channel(name: stored.name, number: stored.number, log: stored.log, now: now)
            channel.log.trim(maxMessages: options.limits.maxMessages, maxBytes: options.limits.maxBytes)
            let key = self.channels.insert(channel)
            channels[stored.number] = key
            self.channelsByName[channel.nameBytes] = key
            self.channelsByFoldedName[channel.name.lowercased()] = key
        }
        var groups: [StoreRecord.Group: QueueGroupKey] = [:]
        for (name, group) in recovered.groups.sorted(by: { $0.key.name < $1.key.name }) {
            guard let channel = channels[name.channel] else { continue }
            let lastSent = min(group.lastSent, self.channels[channel].log.lastSequence)
            let stored = QueueGroup(channel: channel, name: name.name, isDurable: group.isDurable, lastSent: lastSent)
            let key = self.groups.insert(stored)
            groups[name] = key
            self.channels[channel].groups.append(key)
        }
        for (_, stored) in recovered.subscriptions.sorted(by: { $0.key < $1.key }) {
            guard let channel = channels[stored.record.channel] else { continue }
            self.recover(stored, in: channel, groups, now: now)
        }
        for (name, key) in groups where self.groups[key].members.isEmpty && self.groups[key].shadow == nil {
            guard let channel = channels[name.channel] else { continue }
            self.channels[channel].groups.removeAll { $0 == key }
            self.groups.remove(key)
        }
    }

    private mutating func recover(_ stored: StoreRecord.Client) {
        let client = Client(id: stored.id, connectionID: stored.connectionID, heartbeatInbox: stored.heartbeatInbox)
        let key = self.clients.insert(client)
        self.clientsByID[stored.id] = key
        if stored.connectionID.readableBytes > 0 { self.clientsByConnectionID[stored.connectionID] = key }
    }

    private mutating func recover(
        _ stored: StoredState.Subscription,
        in channel: ChannelKey,
        _ groups: [StoreRecord.Group: QueueGroupKey],
        now: NIODeadline
    ) {
        let record = stored.record
        let client = record.isActive ? self.clientsByID[record.clientID] : nil
        let kind: Subscription.Kind
        if !record.groupName.isEmpty {
            guard let group = groups[StoreRecord.Group(channel: record.channel, name: record.groupName)] else { return }
            // The records of one ending are written together; half of them can be missing all the same.
            guard client != nil || self.groups[group].isDurable && self.groups[group].shadow == nil else { return }
            kind = .queueMember(group)
        } else if !record.durableName.isEmpty {
            kind = .durable(DurableKey(clientID: record.clientID, name: record.durableName))
        } else {
            guard client != nil else { return }
            kind = .plain
        }
        var subscription = Subscription(
            channel: channel,
            kind: kind,
            number: record.number,
            client: client,
            clientID: record.clientID,
            inbox: record.inbox,
            ackInbox: record.ackInbox,
            maxInFlight: Int(clamping: record.maxInFlight),
            ackWait: self.options.ackWaitOverride ?? .nanoseconds(record.ackWait)
        )
        let last = self.channels[channel].log.lastSequence
        subscription.lastSent = min(record.lastSent, last)
        for sequence in stored.pending.sorted() where sequence <= last { subscription.pending.append(sequence, due: now) }
        let id = self.subscriptions.insert(subscription)
        self.channels[channel].subscriptionCount += 1
        if let client {
            self.clients[client].subscriptions.append(id)
            self.subscriptionsByAckInbox[record.ackInbox] = id
        }
        switch kind {
        case .queueMember(let group):
            if client == nil { self.groups[group].shadow = id } else { self.groups[group].members.append(id) }
        case .durable(let key):
            self.channels[channel].durables[key] = id
            if client != nil { self.channels[channel].subscriptions.append(id) }
        case .plain:
            self.channels[channel].subscriptions.append(id)
        }
    }

    // MARK: Records

    mutating func recordSubscription(_ id: SubscriptionID) {
        guard self.changes != nil else { return }
        let record = StoreRecord.subscription(self.record(of: self.subscriptions[id]))
        self.changes?.record(record)
    }

    func record(of group: QueueGroupKey) -> StoreRecord? {
        guard self.changes != nil else { return nil }
        let name = StoreRecord.Group(channel: self.channels[self.groups[group].channel].number, name: self.groups[group].name)
        return .groupAdded(name, isDurable: self.groups[group].isDurable, lastSent: self.groups[group].lastSent)
    }

    private func record(of subscription: Subscription) -> StoreRecord.Subscription {
        var (durableName, groupName) = ("", "")
        switch subscription.kind {
        case .plain: break
        case .durable(let key): durableName = key.name
        case .queueMember(let group): groupName = self.groups[group].name
        }
        return StoreRecord.Subscription(
            number: subscription.number,
            channel: self.channels[subscription.channel].number,
            isActive: subscription.client != nil,
            clientID: subscription.clientID,
            inbox: subscription.inbox,
            ackInbox: subscription.ackInbox,
            durableName: durableName,
            groupName: groupName,
            maxInFlight: UInt64(subscription.maxInFlight),
            ackWait: subscription.ackWait.nanoseconds,
            lastSent: subscription.lastSent
        )
    }

    /// All that a new journal has to begin with.
    func snapshot() -> StoreChanges {
        var snapshot = StoreChanges()
        snapshot.record(.server(clusterID: self.options.clusterID))
        snapshot.record(.numbersUsed(upTo: self.lastNumber))
        for client in self.clients.ids { snapshot.record(.clientAdded(self.clients[client].record)) }
        for group in self.groups.ids {
            if let record = self.record(of: group) { snapshot.record(record) }
        }
        for id in self.subscriptions.ids {
            let subscription = self.subscriptions[id]
            snapshot.record(.subscription(self.record(of: subscription)))
            var run: ClosedRange<UInt64>?
            for entry in subscription.pending.bySequence {
                if let open = run, open.upperBound + 1 == entry.sequence {
                    run = open.lowerBound...entry.sequence
                } else {
                    if let run { snapshot.record(.sent(subscription.number, first: run.lowerBound, last: run.upperBound)) }
                    run = entry.sequence...entry.sequence
                }
            }
            if let run { snapshot.record(.sent(subscription.number, first: run.lowerBound, last: run.upperBound)) }
        }
        return snapshot
    }
}
