package import NIOCore

/// A message of a subscription, as it lies in the buffer that was read.
package struct StanDelivery: Sendable {
    package let frame: StanWire.MessageFrame
    private let buffer: ByteBuffer
    private let start: Int

    init(frame: StanWire.MessageFrame, buffer: ByteBuffer, start: Int) {
        self.frame = frame
        self.buffer = buffer
        self.start = start
    }

    /// The message's bytes: a slice of the buffer, not a copy.
    package var data: ByteBuffer {
        self.buffer.getSlice(at: self.start + self.frame.dataStart, length: self.frame.dataLength) ?? ByteBuffer()
    }
}

/// Receives the messages of a subscription, on the session's event loop and straight from the read that brought them.
package protocol StanSubscriber: AnyObject {
    func received(_ delivery: borrowing StanDelivery)

    /// All messages of one read of the socket have been given out.
    func readCompleted()
}
