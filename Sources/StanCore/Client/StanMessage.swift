public import NIOCore

/// A message of a channel.
public struct StanMessage: Sendable {
    /// The message's number in its channel, from 1.
    public let sequence: UInt64

    /// When the server stored the message: nanoseconds since the Unix epoch.
    public let timestamp: Int64

    /// The message's bytes.
    public let data: ByteBuffer

    /// Whether the server had tried to send the message before. The first copy may never have arrived.
    public let redelivered: Bool

    /// How often the server sent the message before, as far as it remembers: it forgets when it restarts.
    public let redeliveryCount: UInt32

    /// The channel the message was published to.
    public var channel: String { self.acknowledger.channel }

    private let acknowledger: Acknowledger

    init(_ delivery: borrowing StanDelivery, acknowledger: Acknowledger) {
        self.sequence = delivery.frame.sequence
        self.timestamp = delivery.frame.timestamp
        self.redelivered = delivery.frame.redelivered
        self.redeliveryCount = delivery.frame.redeliveryCount
        self.data = delivery.data
        self.acknowledger = acknowledger
    }

    /// Tells the server that the message has been taken, so that it is not sent again. There is no answer: an ack that is lost
    /// on the way shows as a redelivery after the ack wait. After the end of the subscription it does nothing.
    public func ack() {
        self.acknowledger.acknowledge(self.sequence)
    }
}
