import NIOCore
import StanCore

/// Channels come with their first publish or subscribe, and go when nobody uses them.
extension StanServerStateMachine {
    /// A channel cannot be made, for this reason.
    struct ChannelRefusal: Error {
        let reason: String
    }

    /// - Parameter name: already found to be valid, unless the channel exists.
    mutating func channel(named name: ByteBuffer, now: NIODeadline) throws(ChannelRefusal) -> ChannelKey {
        if let channel = self.channelsByName[name] { return channel }
        let channel = Channel(name: name, number: self.lastNumber + 1, now: now)
        let folded = channel.name.lowercased()
        if let existing = self.channelsByFoldedName[folded] {
            let reason = StanServerError.caseConflict(channel: channel.name, existing: self.channels[existing].name)
            throw ChannelRefusal(reason: reason)
        }
        let limit = self.options.limits.maxChannels
        guard limit <= 0 || self.channels.count < limit else {
            throw ChannelRefusal(reason: StanServerError.tooManyChannels)
        }
        self.lastNumber = channel.number
        self.changes?.newChannels.append((channel.number, channel.nameBytes))
        let key = self.channels.insert(channel)
        self.channelsByName[channel.nameBytes] = key
        self.channelsByFoldedName[folded] = key
        self.setInactivityTimer(for: key)
        return key
    }

    // MARK: Age

    /// Removes what is too old and sets the timer for what will be next.
    mutating func expireMessages(of channel: ChannelKey, now: NIODeadline, wallClock: Int64) {
        let maxAge = self.options.limits.maxAge.nanoseconds
        guard maxAge > 0 else { return }
        self.channels[channel].log.expire(upTo: wallClock - maxAge)
        guard self.channels[channel].ageTimer == nil, let oldest = self.channels[channel].log.oldestTimestamp else { return }
        let deadline = now + .nanoseconds(oldest + maxAge - wallClock)
        self.channels[channel].ageTimer = deadline
        self.timers.set(.messageAge(channel), for: deadline)
    }

    // MARK: Inactivity

    mutating func setInactivityTimer(for channel: ChannelKey) {
        let maxInactivity = self.options.limits.maxInactivity
        guard maxInactivity > .zero else { return }
        let deadline = self.channels[channel].lastActivity + maxInactivity
        self.channels[channel].inactivityTimer = deadline
        self.timers.set(.inactivity(channel), for: deadline)
    }

    mutating func deleteIfInactive(_ key: ChannelKey, now: NIODeadline) {
        let isActive =
            !self.channels[key].subscriptions.isEmpty
            || self.channels[key].groups.contains { !self.groups[$0].members.isEmpty }
        if isActive { self.channels[key].lastActivity = now }
        guard !isActive, self.channels[key].lastActivity + self.options.limits.maxInactivity <= now else {
            self.setInactivityTimer(for: key)
            return
        }
        let channel = self.channels.remove(key)
        self.channelsByName[channel.nameBytes] = nil
        self.channelsByFoldedName[channel.name.lowercased()] = nil
        self.changes?.record(.channelRemoved(channel.number))
        self.changes?.removedChannels.append(channel.number)
        for durable in channel.durables.values { self.subscriptions.remove(durable) }
        for group in channel.groups {
            if let shadow = self.groups.remove(group).shadow { self.subscriptions.remove(shadow) }
        }
    }
}
