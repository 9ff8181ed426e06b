package import NIOCore

/// A message as it came from the server: places in the buffer that was read, decoded when asked for.
///
/// Copying it, or slicing its payload, retains the buffer and copies no bytes.
package struct NATSMessage: Sendable {
    /// Where the parts of a message lie in a buffer, as indices of the buffer.
    package struct Layout: Sendable, Equatable {
        package var subscription: NATSSubscriptionID
        package var subjectStart: Int
        package var subjectLength: Int
        package var replyStart: Int
        package var replyLength: Int
        package var headerLength: Int
        /// Headers and payload together begin here.
        package var bodyStart: Int
        package var bodyLength: Int
    }

    package let buffer: ByteBuffer
    package let layout: Layout

    package init(buffer: ByteBuffer, layout: Layout) {
        self.buffer = buffer
        self.layout = layout
    }

    package var subscription: NATSSubscriptionID { self.layout.subscription }

    package var subject: String {
        self.buffer.getString(at: self.layout.subjectStart, length: self.layout.subjectLength) ?? ""
    }

    /// Where an answer is expected, if one is.
    package var reply: String? {
        guard self.layout.replyLength > 0 else { return nil }
        return self.buffer.getString(at: self.layout.replyStart, length: self.layout.replyLength)
    }

    package var payloadStart: Int { self.layout.bodyStart + self.layout.headerLength }

    package var payloadLength: Int { self.layout.bodyLength - self.layout.headerLength }

    /// The message's bytes without its headers: a slice, not a copy.
    package var payload: ByteBuffer {
        self.buffer.getSlice(at: self.payloadStart, length: self.payloadLength) ?? ByteBuffer()
    }

    /// The status code in the first line of the headers, e.g. 503 when nobody is subscribed to the subject of a request.
    package var status: Int? {
        // "NATS/1.0 503": the code stands directly after the version and one blank.
        guard self.layout.headerLength >= 12 else { return nil }
        let digits = self.buffer.getString(at: self.layout.bodyStart + 9, length: 3)
        return digits.flatMap { Int($0) }
    }

    /// Whether this is the server's word that nobody listens on the subject of a request.
    package var saysNoResponders: Bool {
        self.layout.headerLength > 0 && self.payloadLength == 0 && self.status == 503
    }
}

/// Numbers a subscription of one connection; what NATS calls a `sid`.
package struct NATSSubscriptionID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    package var description: String { "\(self.number)" }
}
