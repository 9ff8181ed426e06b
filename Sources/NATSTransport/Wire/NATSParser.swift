package import NIOCore

/// Cuts what a server sends into frames, in place: a message is a view of the buffer it was read into.
///
/// Only a frame that is split between two reads is copied, and each byte of it once: it is put together in a buffer of its
/// own, after which parsing goes on in the buffer that was read. So the cost is linear, however the bytes are cut.
package struct NATSParser {
    /// What was read last, as far as it has not been parsed.
    private var input = ByteBuffer()

    /// The beginning of a frame whose end had not come with the read that began it.
    private var carry = ByteBuffer()

    private var scanner = FrameScanner()

    package init() {}

    /// Whether everything that was read has been taken out, and no frame is half there.
    var isEmpty: Bool { self.input.readableBytes == 0 && self.carry.readableBytes == 0 }

    /// Takes what was read. All frames of the read before must have been taken out with `next`.
    package mutating func feed(_ bytes: ByteBuffer) {
        assert(self.input.readableBytes == 0)
        self.input = bytes
    }

    /// - Returns: the next whole frame, or nil when more has to be read first.
    package mutating func next() throws(NATSProtocolError) -> NATSFrame? {
        while self.carry.readableBytes > 0 {
            if let frame = try self.scanner.next(in: &self.carry) { return frame }
            guard self.input.readableBytes > 0 else { return nil }
            self.completeCarry()
        }
        if let frame = try self.scanner.next(in: &self.input) { return frame }
        if self.input.readableBytes > 0 {
            self.carry = ByteBufferAllocator().buffer(capacity: self.input.readableBytes + (self.scanner.missing ?? 256))
            self.carry.writeImmutableBuffer(self.input)
        }
        // Not kept: the channel can use the memory again as soon as no message is left that lies in it.
        self.input = ByteBuffer()
        return nil
    }

    /// Moves from the input to the carry what its frame lacks, and no more.
    private mutating func completeCarry() {
        let wanted: Int
        if let missing = self.scanner.missing {
            wanted = missing
        } else {
            let view = self.input.readableBytesView
            wanted = view.firstIndex(of: UInt8(ascii: "\n")).map { $0 - view.startIndex + 1 } ?? view.count
        }
        if var part = self.input.readSlice(length: min(wanted, self.input.readableBytes)) {
            self.carry.writeBuffer(&part)
        }
    }
}
