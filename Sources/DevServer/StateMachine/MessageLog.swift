import NIOCore
import StanCore

/// The messages of one channel, oldest first, in memory. Sequences have no gaps between the first and the last: limits only
/// ever take away the oldest. A store on disk has to offer what this type offers.
struct MessageLog {
    struct Message {
        /// A `MsgProto` without the redelivery fields. Those come last, so every subscriber's first copy is these very bytes.
        var encoded: ByteBuffer
        /// Nanoseconds since the Unix epoch.
        var timestamp: Int64
    }

    /// The `subject` field of every message of the channel, encoded.
    private let subjectField: ByteBuffer
    private var messages = CircularBuffer<Message>()
    private(set) var lastTimestamp: Int64 = 0

    /// The oldest message's sequence; one more than ``lastSequence`` when there is none.
    private(set) var firstSequence: UInt64 = 1
    private(set) var lastSequence: UInt64 = 0

    /// The encoded size of all messages, as the real server's memory store counts.
    private(set) var bytes = 0

    var count: Int { self.messages.count }
    var newest: Message? { self.messages.last }
    var all: some Sequence<Message> { self.messages }
    var oldestTimestamp: Int64? { self.messages.first?.timestamp }

    init(channel: ByteBuffer) {
        var field = ByteBuffer()
        field.writeInteger(UInt8(2 << 3 | 2))
        field.writeVarint(UInt64(channel.readableBytes))
        field.writeImmutableBuffer(channel)
        self.subjectField = field
    }

    /// A log as a store has it.
    ///
    /// - Parameter messages: with sequences that end with `lastSequence` and have no gaps.
    init(channel: ByteBuffer, messages: [Message], lastSequence: UInt64, lastTimestamp: Int64) {
        self.init(channel: channel)
        self.messages = CircularBuffer(messages)
        self.lastSequence = lastSequence
        self.firstSequence = lastSequence - UInt64(messages.count) + 1
        self.lastTimestamp = lastTimestamp
        self.bytes = messages.reduce(0) { $0 + $1.encoded.readableBytes }
    }

    /// - Returns: the message, or nil when it is not there: removed by a limit, or not yet published.
    subscript(sequence: UInt64) -> Message? {
        guard sequence >= self.firstSequence, sequence <= self.lastSequence else { return nil }
        let offset = Int(sequence - self.firstSequence)
        return self.messages[self.messages.index(self.messages.startIndex, offsetBy: offset)]
    }

    /// Stores a message under the next sequence. Its timestamp is `wallClock`, or that of the message before if the clock
    /// went back.
    mutating func append(reply: ByteBuffer, data: ByteBuffer, wallClock: Int64) {
        let sequence = self.lastSequence + 1
        let timestamp = max(wallClock, self.lastTimestamp)
        let payload = reply.readableBytes + data.readableBytes
        // 5 tags, 2 varints of up to 10 bytes, 2 lengths of up to 5.
        var encoded = ByteBufferAllocator().buffer(capacity: self.subjectField.readableBytes + payload + 32)
        encoded.writeInteger(UInt8(1 << 3))
        encoded.writeVarint(sequence)
        encoded.writeImmutableBuffer(self.subjectField)
        Self.writeBytes(reply, field: 3, to: &encoded)
        Self.writeBytes(data, field: 4, to: &encoded)
        encoded.writeInteger(UInt8(5 << 3))
        encoded.writeVarint(UInt64(bitPattern: timestamp))
        self.messages.append(Message(encoded: encoded, timestamp: timestamp))
        self.lastSequence = sequence
        self.lastTimestamp = timestamp
        self.bytes += encoded.readableBytes
    }

    /// Removes the oldest messages until the limits hold; the newest always stays. A limit of 0 is none.
    mutating func trim(maxMessages: Int, maxBytes: Int) {
        while self.count > 1, maxMessages > 0 && self.count > maxMessages || maxBytes > 0 && self.bytes > maxBytes {
            self.removeFirst()
        }
    }

    /// Removes the messages stored at or before a time.
    mutating func expire(upTo timestamp: Int64) {
        while let oldest = self.oldestTimestamp, oldest <= timestamp { self.removeFirst() }
    }

    /// - Returns: the sequence of the first message stored at that time or later; one more than the last if there is none.
    func firstSequence(notBefore timestamp: Int64) -> UInt64 {
        var low = self.firstSequence
        var high = self.lastSequence + 1
        while low < high {
            let middle = low + (high - low) / 2
            if let message = self[middle], message.timestamp < timestamp { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func removeFirst() {
        guard let message = self.messages.popFirst() else { return }
        self.bytes -= message.encoded.readableBytes
        self.firstSequence += 1
    }

    private static func writeBytes(_ bytes: ByteBuffer, field: UInt8, to buffer: inout ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        buffer.writeInteger(field << 3 | 2)
        buffer.writeVarint(UInt64(bytes.readableBytes))
        buffer.writeImmutableBuffer(bytes)
    }
}
