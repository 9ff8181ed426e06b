package import NIOCore

/// What a development server gets wrong on purpose, for tests of clients. By default nothing.
package struct DevServerFaults: Sendable {
    /// So many of the acks of messages that come next are lost.
    package var dropNextAcks = 0
    /// This share of the acks of messages is lost, from 0 to 1.
    package var dropAckFraction = 0.0
    /// How much later acks of messages arrive.
    package var ackDelay = TimeAmount.zero
    /// So many of the messages that go out next are sent twice.
    package var duplicateNextMessages = 0
    /// This share of the messages that go out is sent twice, from 0 to 1.
    package var duplicateMessageFraction = 0.0

    package init() {}

    var touchAcks: Bool { self.dropNextAcks > 0 || self.dropAckFraction > 0 || self.ackDelay > .zero }

    mutating func dropsAck() -> Bool {
        Self.strikes(&self.dropNextAcks, self.dropAckFraction)
    }

    /// Whether the message that goes out now does so twice.
    var duplicates: Bool {
        mutating get { Self.strikes(&self.duplicateNextMessages, self.duplicateMessageFraction) }
    }

    private static func strikes(_ next: inout Int, _ fraction: Double) -> Bool {
        if next > 0 {
            next -= 1
            return true
        }
        return fraction > 0 && Double.random(in: 0..<1) < fraction
    }
}
