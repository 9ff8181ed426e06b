import NATSTransport
import NIOCore
import StanCore
import Synchronization
import TestSupport
import Testing

/// A subscription and what has come of it.
final class Sub: Sendable {
    struct Received: Sendable, CustomStringConvertible {
        let message: StanWire.MsgProto
        let time: ContinuousClock.Instant

        /// The sequence; of a message that is sent again also how often, as in `3r1`.
        var description: String {
            let again = self.message.redelivered || self.message.redeliveryCount > 0
            return again ? "\(self.message.sequence)r\(self.message.redeliveryCount)" : "\(self.message.sequence)"
        }
    }

    let session: Session
    let channel: String
    let inbox: String
    let received = Mailbox<Received>()
    private let ackInboxName = Mutex("")
    private let subscription = Mutex<NATSSubscriptionID?>(nil)

    init(_ session: Session, channel: String, inbox: String) {
        self.session = session
        self.channel = channel
        self.inbox = inbox
    }

    var ackInbox: String { self.ackInboxName.withLock { $0 } }

    /// All that has come, in words.
    var words: [String] { self.received.items.map(\.description) }

    /// Listens on the inbox.
    func listen() async throws {
        try await self.session.nats.run { connection in
            let subscriber = NATSClosureSubscriber { message in
                guard let decoded = try? StanWire.MsgProto(decoding: message.payload) else { return }
                self.received.append(Received(message: decoded, time: .now))
            }
            let id = connection.subscribe(self.inbox, subscriber: subscriber)
            self.subscription.withLock { $0 = id }
        }
        try await self.session.nats.flush()
    }

    /// Listens no more on the inbox, of which the STAN server knows nothing.
    func cutOff() async throws {
        let id = self.subscription.withLock { $0 }
        try await self.session.nats.run { connection in
            if let id { connection.unsubscribe(id) }
        }
        try await self.session.nats.flush()
    }

    fileprivate func accepted(_ ackInbox: String) { self.ackInboxName.withLock { $0 = ackInbox } }

    func subscribe(_ request: StanWire.SubscriptionRequest) async throws {
        let answer = try await self.session.nats.request(request.encoded(), to: self.session.subjects.subRequests)
        let response = try StanWire.SubscriptionResponse(decoding: answer.payload)
        guard response.error.isEmpty else { throw Refused(error: response.error) }
        self.accepted(response.ackInbox)
    }

    func ack(_ sequences: UInt64..., on ackInbox: String? = nil) async throws {
        for sequence in sequences {
            let ack = StanWire.Ack(subject: self.channel, sequence: sequence)
            try await self.session.nats.publish(ack.encoded(), to: ackInbox ?? self.ackInbox)
        }
        try await self.session.nats.flush()
    }

    @discardableResult
    func close() async throws -> String {
        try await self.session.end(self.ackInbox, of: self.channel)
    }

    @discardableResult
    func unsubscribe() async throws -> String {
        try await self.session.end(self.ackInbox, of: self.channel, unsubscribe: true)
    }

    /// Waits until exactly this has come, and then a little longer for what must not come.
    func expect(
        _ words: [String],
        within limit: Duration = .seconds(10),
        thenQuietFor quiet: Duration = .milliseconds(150),
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        _ = try? await self.received.wait(for: words.count, within: limit)
        try await Task.sleep(for: quiet)
        #expect(self.words == words, sourceLocation: location)
    }
}
