import Matching
package import NIOCore
import Notation

/// A line of a dead-letter file, read again: what ``RecordEncoder`` wrote in the format `json`, and the message exactly as it was.
package struct DeadLetterRecord: Sendable, Equatable {
    /// The line is not a dead letter.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let channel: String
    package let sequence: UInt64

    /// When the server stored the message: nanoseconds since the Unix epoch.
    package let timestamp: Int64
    package let redelivered: Bool
    package let route: String
    package let sink: String
    package let reason: String
    package let attempts: UInt32

    /// As it stands in the line: RFC 3339.
    package let firstAttemptAt: String

    package let body: ByteBuffer

    /// - Parameter line: without its newline.
    package init(line: ByteBuffer) throws(Malformed) {
        guard line.withUnsafeReadableBytes({ JSONText.isValid($0) }) else {
            throw Malformed(description: "it is no whole JSON value (a line that a crash cut off, or not a dead-letter file)")
        }
        let reader = Reader(line: line)
        self.channel = try reader.text("channel")
        self.sequence = try reader.number("sequence")
        guard let timestamp = Timestamp.parse(try reader.text("timestamp")) else {
            throw Malformed(description: "its \"timestamp\" is not one that stan-bridged writes")
        }
        self.timestamp = timestamp
        self.redelivered = reader.isTrue("redelivered")
        self.route = try reader.text("route")
        self.sink = try reader.text("sink")
        self.reason = try reader.text("reason")
        self.attempts = try reader.number("attempts")
        self.firstAttemptAt = try reader.text("first_attempt_at")
        self.body = try reader.body()
    }

    /// Looks members up in a line that is valid JSON.
    private struct Reader {
        let line: ByteBuffer

        private func find(_ name: String) -> (kind: JSONKind, bytes: ByteBuffer)? {
            guard let pointer = try? JSONPointer("/\(name)"), let found = pointer.find(in: self.line) else { return nil }
            guard let bytes = self.line.getSlice(at: found.range.lowerBound, length: found.range.count) else { return nil }
            return (found.kind, bytes)
        }

        private func decoded(_ string: ByteBuffer) -> ByteBuffer {
            string.withUnsafeReadableBytes { bytes in
                guard bytes.count >= 2 else { return ByteBuffer() }
                return ByteBuffer(bytes: JSONString.decoded(UnsafeRawBufferPointer(rebasing: bytes[1..<bytes.count - 1])))
            }
        }

        func text(_ name: String) throws(Malformed) -> String {
            guard let (kind, bytes) = self.find(name), kind == .string else {
                throw Malformed(description: "it has no \"\(name)\"\(self.hint)")
            }
            return String(buffer: self.decoded(bytes))
        }

        /// For lines of other files, which lack just what a dead letter has besides.
        private var hint: String {
            self.find("route") == nil ? " (is this a file of messages rather than of dead letters?)" : ""
        }

        func number<Number: FixedWidthInteger>(_ name: String) throws(Malformed) -> Number {
            guard let (kind, bytes) = self.find(name), kind == .number, let number = Number(String(buffer: bytes)) else {
                throw Malformed(description: "it has no \"\(name)\"\(self.hint)")
            }
            return number
        }

        func isTrue(_ name: String) -> Bool {
            self.find(name).map { String(buffer: $0.bytes) == "true" } ?? false
        }

        func body() throws(Malformed) -> ByteBuffer {
            if let data = self.data() { return data }
            if let (kind, bytes) = self.find("text"), kind == .string { return self.decoded(bytes) }
            if let (kind, bytes) = self.find("data_base64"), kind == .string,
                let body = Base64.decode(self.decoded(bytes).readableBytesView)
            {
                return ByteBuffer(bytes: body)
            }
            throw Malformed(description: "it has neither \"data\" nor \"text\" nor \"data_base64\"")
        }

        /// The JSON text as it was received, and the white space around it, which was the message's too.
        private func data() -> ByteBuffer? {
            guard let pointer = try? JSONPointer("/data"), let found = pointer.find(in: self.line) else { return nil }
            func isSpace(_ index: Int) -> Bool {
                self.line.getInteger(at: index, as: UInt8.self).map { " \t\r\n".utf8.contains($0) } ?? false
            }
            var (start, end) = (found.range.lowerBound, found.range.upperBound)
            while isSpace(start - 1) { start -= 1 }
            while isSpace(end) { end += 1 }
            return self.line.getSlice(at: start, length: end - start)
        }
    }
}
