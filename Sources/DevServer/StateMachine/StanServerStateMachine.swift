package import NIOCore
import StanCore

/// What a STAN server knows and does, as nats-streaming-server 0.25.6 does it. Everything is in memory; for a store on disk
/// what changes is written down as well.
///
/// Pure: events go in, each with the time at which it happened, and what is to be done about it is appended to the caller's
/// actions, to be done in that order. The events of a NATS connection have to come in the order of the connection. Nothing
/// that a client can send is a reason to crash; what is refused is answered, or ignored where the real server is silent.
///
/// The file has the state and what the other parts share; one extension each tells of sessions, publishing, subscribing,
/// delivery, channels, and the way back after a restart.
package struct StanServerStateMachine: Sendable {
    package enum Action: Sendable, Equatable {
        /// Publish a message, without a reply subject.
        case publish(subject: String, payload: ByteBuffer)
        /// Subscribe to a subject and hand what comes there to ``ackReceived(_:on:now:into:)`` with this name.
        case subscribeAckInbox(String, SubscriptionID)
        case unsubscribeAckInbox(SubscriptionID)
        /// Publish an empty message with a reply subject, and report the outcome to ``requestFinished(_:outcome:now:into:)``.
        case request(subject: String, timeout: TimeAmount, RequestToken)
    }

    /// Says which request it was that has an outcome.
    package enum RequestToken: Sendable, Hashable {
        case heartbeat(ClientKey)
        /// Whether the owner of this client ID lives, because another client claims the ID.
        case duplicateCheck(clientID: String)
    }

    package enum RequestOutcome: Sendable {
        /// Any answer, whatever is in it.
        case answered
        /// Nobody listens at the subject.
        case noResponders
        case timedOut
    }

    /// Messages due again within this time are sent together.
    static let redeliveryBatching = TimeAmount.milliseconds(15)
    /// How long the messages of a member that left its queue group wait before they go to others.
    static let redistributionDelay = TimeAmount.milliseconds(100)

    package let options: StanServerOptions
    package let subjects: StanServerSubjects

    var inboxes: InboxGenerator
    var timers = TimerQueue()

    var clients = SlotMap<ClientTag, Client>()
    var clientsByID: [String: ClientKey] = [:]
    var clientsByConnectionID: [ByteBuffer: ClientKey] = [:]
    /// Those who claim an ID while its owner is asked whether it lives, by the ID.
    var claims: [String: Claim] = [:]

    var channels = SlotMap<ChannelTag, Channel>()
    var channelsByName: [ByteBuffer: ChannelKey] = [:]
    /// In lower case: names that differ in case only are refused.
    var channelsByFoldedName: [String: ChannelKey] = [:]

    var subscriptions = SlotMap<SubscriptionTag, Subscription>()
    var subscriptionsByAckInbox: [String: SubscriptionID] = [:]
    var groups = SlotMap<QueueGroupTag, QueueGroup>()

    /// For a store on disk; nil when there is none.
    var changes: StoreChanges?
    /// The last that a channel or a subscription got, to be known by in a store.
    var lastNumber: UInt64 = 0

    struct Claim: Sendable {
        var request: StanWire.ConnectRequest
        var reply: String?
    }

    package init(options: StanServerOptions, inboxes: InboxGenerator) {
        self.options = options
        self.subjects = StanServerSubjects(options)
        self.inboxes = inboxes
        if case .file = options.store { self.changes = StoreChanges() }
    }

    /// When ``tick(now:wallClock:into:)`` is to be called next. May be too early, never too late.
    package var nextDeadline: NIODeadline? { self.timers.earliest }

    /// Does what is due.
    package mutating func tick(now: NIODeadline, wallClock: Int64, into actions: inout [Action]) {
        while let entry = self.timers.popDue(by: now) {
            switch entry.timer {
            case .heartbeat(let client):
                guard self.clients.contains(client), self.clients[client].heartbeatDue == entry.deadline else { continue }
                self.sendHeartbeat(to: client, into: &actions)
            case .ackWait(let subscription):
                guard
                    self.subscriptions.contains(subscription),
                    self.subscriptions[subscription].timer == entry.deadline
                else { continue }
                self.ackWaitElapsed(for: subscription, now: now, into: &actions)
            case .messageAge(let channel):
                guard self.channels.contains(channel), self.channels[channel].ageTimer == entry.deadline else { continue }
                self.channels[channel].ageTimer = nil
                self.expireMessages(of: channel, now: now, wallClock: wallClock)
            case .inactivity(let channel):
                guard self.channels.contains(channel), self.channels[channel].inactivityTimer == entry.deadline else { continue }
                self.channels[channel].inactivityTimer = nil
                self.deleteIfInactive(channel, now: now)
            }
        }
    }

    /// Answers a request, if it wants to be.
    func respond(_ response: some StanWireMessage, to reply: String?, into actions: inout [Action]) {
        guard let reply else { return }
        actions.append(.publish(subject: reply, payload: response.encoded()))
    }
}
