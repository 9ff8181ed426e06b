package import NIOCore
import StanCore

/// A message comes in: checked, stored, sent to whoever waits for it, acked, in this order.
extension StanServerStateMachine {
    /// A `PubMsg` came. The channel is the message's own field, not the subject it came on.
    package mutating func publishReceived(
        _ payload: ByteBuffer,
        reply: String?,
        now: NIODeadline,
        wallClock: Int64,
        into actions: inout [Action]
    ) {
        guard let frame = PublishFrame(decoding: payload) else {
            self.acknowledge(ByteBuffer(), error: StanServerError.invalidPublishRequest, to: reply, into: &actions)
            return
        }
        // A channel that exists has a valid name.
        let known = self.channelsByName[frame.channel]
        guard frame.guid.readableBytes > 0, known != nil || Validation.isChannel(frame.channel), self.isKnown(frame) else {
            self.acknowledge(frame.guid, error: StanServerError.invalidPublishRequest, to: reply, into: &actions)
            return
        }
        let channel: ChannelKey
        do throws(ChannelRefusal) {
            if let known { channel = known } else { channel = try self.channel(named: frame.channel, now: now) }
        } catch {
            self.acknowledge(frame.guid, error: error.reason, to: reply, into: &actions)
            return
        }
        self.store(frame, in: channel, now: now, wallClock: wallClock)
        self.sendNew(of: channel, now: now, into: &actions)
        self.acknowledge(frame.guid, error: "", to: reply, into: &actions)
    }

    private func isKnown(_ frame: PublishFrame) -> Bool {
        if frame.connectionID.readableBytes > 0 { return self.clientsByConnectionID[frame.connectionID] != nil }
        return self.clientsByID[String(buffer: frame.clientID)] != nil
    }

    private mutating func store(_ frame: PublishFrame, in channel: ChannelKey, now: NIODeadline, wallClock: Int64) {
        let limits = self.options.limits
        self.channels[channel].log.append(reply: frame.reply, data: frame.data, wallClock: wallClock)
        self.channels[channel].log.trim(maxMessages: limits.maxMessages, maxBytes: limits.maxBytes)
        if self.changes != nil, let message = self.channels[channel].log.newest {
            let (number, first) = (self.channels[channel].number, self.channels[channel].log.firstSequence)
            let stored = StoreChanges.Message(channel: number, firstSequence: first, encoded: message.encoded)
            self.changes?.messages.append(stored)
        }
        self.channels[channel].lastActivity = now
        if limits.maxAge > .zero, self.channels[channel].ageTimer == nil {
            self.expireMessages(of: channel, now: now, wallClock: wallClock)
        }
    }

    private func acknowledge(_ guid: ByteBuffer, error: String, to reply: String?, into actions: inout [Action]) {
        guard let reply else { return }
        var payload = ByteBufferAllocator().buffer(capacity: guid.readableBytes + error.utf8.count + 12)
        if guid.readableBytes > 0 {
            payload.writeInteger(UInt8(1 << 3 | 2))
            payload.writeVarint(UInt64(guid.readableBytes))
            payload.writeImmutableBuffer(guid)
        }
        if !error.isEmpty {
            payload.writeInteger(UInt8(2 << 3 | 2))
            payload.writeVarint(UInt64(error.utf8.count))
            payload.writeString(error)
        }
        actions.append(.publish(subject: reply, payload: payload))
    }
}
