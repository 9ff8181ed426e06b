import NATSTransport
import NIOCore
import Synchronization
import TestSupport

/// What answers a client's heartbeats, or does not.
final class Heart: Sendable {
    enum Mode: Sendable {
        case beats
        /// Answers with a payload.
        case talks
        case silent
        /// Nobody is subscribed to the inbox.
        case gone
    }

    struct Beat: Sendable {
        let payloadLength: Int
        let hasReply: Bool
        let time: ContinuousClock.Instant
    }

    let inbox = NUID.makeInbox()
    private let mode: Mutex<Mode>
    private let subscription = Mutex<NATSSubscriptionID?>(nil)
    let beats = Mailbox<Beat>()

    init(_ mode: Mode) { self.mode = Mutex(mode) }

    func set(_ mode: Mode, on nats: NATSTestClient) async throws {
        self.mode.withLock { $0 = mode }
        try await self.subscribe(on: nats)
    }

    func subscribe(on nats: NATSTestClient) async throws {
        let mode = self.mode.withLock { $0 }
        try await nats.run { connection in
            let present = self.subscription.withLock { $0 }
            if mode == .gone {
                if let present { connection.unsubscribe(present) }
                self.subscription.withLock { $0 = nil }
            } else if present == nil {
                let subscriber = NATSClosureSubscriber { [weak connection] message in
                    let beat = Beat(payloadLength: message.payloadLength, hasReply: message.reply != nil, time: .now)
                    self.beats.append(beat)
                    let mode = self.mode.withLock { $0 }
                    guard mode != .silent, let reply = message.reply else { return }
                    try? connection?.publish(ByteBuffer(string: mode == .talks ? "here" : ""), to: reply)
                }
                let id = connection.subscribe(self.inbox, subscriber: subscriber)
                self.subscription.withLock { $0 = id }
            }
        }
        try await nats.flush()
    }
}
