import Glibc
import NIOCore

/// Turns messages into the records that a file or stdout holds. Pure: bytes in, bytes out.
///
/// The body's bytes can always be had back exactly from a record. But for the last format, it ends with the only newline in it.
///
/// - `json`: `{"channel":…,"sequence":…,"timestamp":…,"data":…}`, with `"redelivered":true` before the data where the server said
///   so, and for a dead letter `"route":…,"sink":…,"reason":…,"attempts":…,"first_attempt_at":…`. `data` is the body itself where it is valid JSON on one line; else it is `"text"`, a string, where the body is
///   UTF-8; else `"data_base64"`.
/// - `raw`: the body. A body with a newline in it would be two lines to whoever reads the file: it is refused.
/// - `lengthDelimited`: the length of the body in four bytes, the highest first, then the body, whatever it is.
package struct RecordEncoder: Sendable {
    /// The body cannot be written in this format, however often it is tried.
    package struct Refusal: Error, Equatable {
        package let reason: String
    }

    package let format: RecordFormat

    /// What the records of a route begin with, kept for the route that was written last: `{"channel":"orders","sequence":`.
    private var opening: [UInt8] = []
    private var openingContext: RouteContext?

    package init(format: RecordFormat) {
        self.format = format
    }

    /// Appends one record.
    ///
    /// - Throws: when the message cannot be written in this format; `buffer` is then as it was before.
    package mutating func encode(
        _ envelope: Envelope,
        of context: RouteContext,
        deadLetter: DeadLetter? = nil,
        into buffer: inout RecordBuffer
    ) throws(Refusal) {
        switch self.format {
        case .raw:
            guard envelope.body.withUnsafeReadableBytes({ Self.appendLine($0, to: &buffer) }) else {
                throw Refusal(
                    reason: "the body contains a newline, which the format \"raw\" cannot hold (use the format \"json\")"
                )
            }
        case .lengthDelimited:
            guard let length = UInt32(exactly: envelope.body.readableBytes) else {
                throw Refusal(reason: "the body is too large for the format \"length_delimited\", whose lengths have 32 bits")
            }
            buffer.append(bigEndian: length)
            envelope.body.withUnsafeReadableBytes { buffer.append($0) }
        case .json:
            if self.openingContext !== context {
                self.prepareOpening(for: context)
            }
            buffer.append(self.opening)
            buffer.append(decimal: envelope.sequence)
            buffer.append(",\"timestamp\":\"")
            buffer.append(atMost: Timestamp.length) { Timestamp.write(envelope.timestamp, to: $0) }
            buffer.append(envelope.redelivered ? "\",\"redelivered\":true," : "\",")
            if let deadLetter { Self.append(deadLetter, of: context, to: &buffer) }
            envelope.body.withUnsafeReadableBytes { Self.appendBody($0, to: &buffer) }
            buffer.append("}\n")
        }
    }

    private static func append(_ deadLetter: DeadLetter, of context: RouteContext, to buffer: inout RecordBuffer) {
        buffer.append("\"route\":")
        buffer.append(jsonString: context.route)
        buffer.append(",\"sink\":")
        buffer.append(jsonString: context.sinkName(deadLetter.sink))
        buffer.append(",\"reason\":")
        buffer.append(jsonString: deadLetter.reason)
        buffer.append(",\"attempts\":")
        buffer.append(decimal: UInt64(deadLetter.attempts))
        buffer.append(",\"first_attempt_at\":\"")
        buffer.append(atMost: Timestamp.length) { Timestamp.write(deadLetter.firstAttemptAt, to: $0) }
        buffer.append("\",")
    }

    private mutating func prepareOpening(for context: RouteContext) {
        var buffer = RecordBuffer()
        buffer.append("{\"channel\":")
        buffer.append(jsonString: context.channel)
        buffer.append(",\"sequence\":")
        self.opening = Array(buffer.bytes)
        self.openingContext = context
    }

    /// - Returns: false, and nothing appended, when there is a newline in the body.
    private static func appendLine(_ body: UnsafeRawBufferPointer, to buffer: inout RecordBuffer) -> Bool {
        if let base = body.baseAddress, !body.isEmpty, memchr(base, 0x0A, body.count) != nil { return false }
        buffer.append(body)
        buffer.append(0x0A)
        return true
    }

    private static func appendBody(_ body: UnsafeRawBufferPointer, to buffer: inout RecordBuffer) {
        if JSONText.check(body) == .valid(isSingleLine: true) {
            buffer.append("\"data\":")
            buffer.append(body)
        } else if Self.isUTF8(body) {
            buffer.append("\"text\":")
            buffer.append(jsonString: body)
        } else {
            buffer.append("\"data_base64\":\"")
            buffer.append(base64: body)
            buffer.append(UInt8(ascii: "\""))
        }
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.withMemoryRebound(to: UInt8.self) { bytes in
            (try? UTF8Span(validating: bytes.span)) != nil
        }
    }
}
