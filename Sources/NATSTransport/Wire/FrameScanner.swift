import Glibc
import NIOCore

/// Finds the frame at the start of some bytes. Remembers of an unfinished one only how far it was looked at.
struct FrameScanner {
    /// The longest line that is accepted, in bytes. Servers limit their clients to 4 KiB; an INFO that lists a large cluster is longer.
    static let maximumLine = 256 * 1024

    /// The largest message that is accepted, headers included: 64 MiB, the most that a server can be configured to allow.
    static let maximumBody = 64 * 1024 * 1024

    /// How many bytes the unfinished frame lacks, once its line is complete.
    private(set) var missing: Int?

    /// How many bytes of an unfinished line are known to hold no line end.
    private var scanned = 0

    private enum Outcome {
        case incomplete
        case frame(Frame, length: Int)
        case failure(NATSProtocolError)
    }

    /// A frame by its places, relative to its first byte.
    private enum Frame {
        case message(NATSMessage.Layout)
        case info(start: Int, length: Int)
        case ping
        case pong
        case ok
        case error(start: Int, length: Int)
    }

    /// - Returns: the frame at the start of the buffer, which is moved past it, or nil when it is not complete.
    mutating func next(in buffer: inout ByteBuffer) throws(NATSProtocolError) -> NATSFrame? {
        guard buffer.readableBytes > 0 else { return nil }
        self.missing = nil
        let base = buffer.readerIndex
        switch buffer.withUnsafeReadableBytes({ self.parse($0) }) {
        case .incomplete:
            return nil
        case .failure(let error):
            throw error
        case .frame(let frame, let length):
            self.scanned = 0
            defer { buffer.moveReaderIndex(forwardBy: length) }
            switch frame {
            case .message(var layout):
                layout.subjectStart += base
                layout.replyStart += base
                layout.bodyStart += base
                return .message(NATSMessage(buffer: buffer, layout: layout))
            case .info(let start, let length):
                return .info(buffer.getSlice(at: base + start, length: length) ?? ByteBuffer())
            case .error(let start, let length):
                return .error(buffer.getString(at: base + start, length: length) ?? "")
            case .ping: return .ping
            case .pong: return .pong
            case .ok: return .ok
            }
        }
    }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard let start = bytes.baseAddress else { return .incomplete }
        guard let newline = memchr(start + self.scanned, Int32(Self.lineFeed), bytes.count - self.scanned) else {
            self.scanned = bytes.count
            return bytes.count > Self.maximumLine ? .failure(.lineTooLong(limit: Self.maximumLine)) : .incomplete
        }
        let lineLength = newline - UnsafeMutableRawPointer(mutating: start)
        guard lineLength <= Self.maximumLine else { return .failure(.lineTooLong(limit: Self.maximumLine)) }
        let next = lineLength + 1
        let end = lineLength > 0 && bytes[lineLength - 1] == Self.carriageReturn ? lineLength - 1 : lineLength

        // Servers write the operations in capitals; the protocol allows either.
        func letter(_ index: Int) -> UInt8 { index < end ? bytes[index] & 0xdf : 0 }
        switch letter(0) {
        case UInt8(ascii: "M") where letter(1) == UInt8(ascii: "S") && letter(2) == UInt8(ascii: "G"):
            return self.parseMessage(bytes, arguments: 3, end: end, next: next, hasHeaders: false)
        case UInt8(ascii: "H")
        where letter(1) == UInt8(ascii: "M") && letter(2) == UInt8(ascii: "S") && letter(3) == UInt8(ascii: "G"):
            return self.parseMessage(bytes, arguments: 4, end: end, next: next, hasHeaders: true)
        case UInt8(ascii: "P") where letter(2) == UInt8(ascii: "N") && letter(3) == UInt8(ascii: "G") && end == 4:
            if letter(1) == UInt8(ascii: "I") { return .frame(.ping, length: next) }
            if letter(1) == UInt8(ascii: "O") { return .frame(.pong, length: next) }
        case UInt8(ascii: "I")
        where letter(1) == UInt8(ascii: "N") && letter(2) == UInt8(ascii: "F") && letter(3) == UInt8(ascii: "O"):
            let text = Self.trimmed(bytes, from: 4, to: end)
            return .frame(.info(start: text.lowerBound, length: text.count), length: next)
        default:
            if end >= 3, bytes[0] == UInt8(ascii: "+"), letter(1) == UInt8(ascii: "O"), letter(2) == UInt8(ascii: "K") {
                return .frame(.ok, length: next)
            }
            if end >= 4, bytes[0] == UInt8(ascii: "-"), letter(1) == UInt8(ascii: "E"), letter(2) == UInt8(ascii: "R"),
                letter(3) == UInt8(ascii: "R")
            {
                var text = Self.trimmed(bytes, from: 4, to: end)
                if text.count >= 2, bytes[text.lowerBound] == Self.quote, bytes[text.upperBound - 1] == Self.quote {
                    text = text.lowerBound + 1..<text.upperBound - 1
                }
                return .frame(.error(start: text.lowerBound, length: text.count), length: next)
            }
        }
        let prefix = bytes[..<min(end, 32)].map { 0x20...0x7e ~= $0 ? Character(UnicodeScalar($0)) : "?" }
        return .failure(.unknownOperation(String(prefix)))
    }

    /// `MSG subject sid [reply] size` or `HMSG subject sid [reply] header-size size`, and the body that follows the line.
    private mutating func parseMessage(
        _ bytes: UnsafeRawBufferPointer,
        arguments: Int,
        end: Int,
        next: Int,
        hasHeaders: Bool
    ) -> Outcome {
        var tokens = InlineArray<5, (start: Int, length: Int)>(repeating: (0, 0))
        var count = 0
        var index = hasHeaders ? 4 : 3
        let malformed = Outcome.failure(.malformed(hasHeaders ? "HMSG" : "MSG"))
        while index < end {
            if bytes[index] == Self.blank || bytes[index] == Self.tab {
                index += 1
                continue
            }
            guard count < 5 else { return malformed }
            let start = index
            while index < end, bytes[index] != Self.blank, bytes[index] != Self.tab { index += 1 }
            tokens[count] = (start, index - start)
            count += 1
        }
        let hasReply = count == arguments + 1
        guard count == arguments || hasReply else { return malformed }
        guard let subscription = Self.number(bytes, tokens[1]), let size = Self.number(bytes, tokens[count - 1]) else {
            return malformed
        }
        var headerLength = 0
        if hasHeaders {
            guard let length = Self.number(bytes, tokens[count - 2]), length <= size else { return malformed }
            headerLength = Int(length)
        }
        guard size <= UInt64(Self.maximumBody) else {
            return .failure(.messageTooLarge(size: Int(clamping: size), limit: Self.maximumBody))
        }
        let bodyEnd = next + Int(size)
        guard bytes.count >= bodyEnd + 2 else {
            self.missing = bodyEnd + 2 - bytes.count
            return .incomplete
        }
        guard bytes[bodyEnd] == Self.carriageReturn, bytes[bodyEnd + 1] == Self.lineFeed else {
            return .failure(.payloadNotTerminated)
        }
        let layout = NATSMessage.Layout(
            subscription: NATSSubscriptionID(subscription),
            subjectStart: tokens[0].start,
            subjectLength: tokens[0].length,
            replyStart: hasReply ? tokens[2].start : 0,
            replyLength: hasReply ? tokens[2].length : 0,
            headerLength: headerLength,
            bodyStart: next,
            bodyLength: Int(size)
        )
        return .frame(.message(layout), length: bodyEnd + 2)
    }

    /// - Returns: the decimal number, or nil when it is none or would not fit in 63 bits.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ token: (start: Int, length: Int)) -> UInt64? {
        guard token.length > 0, token.length <= 18 else { return nil }
        var value: UInt64 = 0
        for index in token.start..<token.start + token.length {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return value
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Range<Int> {
        var lower = start
        var upper = end
        while lower < upper, bytes[lower] == Self.blank || bytes[lower] == Self.tab { lower += 1 }
        while upper > lower, bytes[upper - 1] == Self.blank || bytes[upper - 1] == Self.tab { upper -= 1 }
        return lower..<upper
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let blank = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")
    private static let quote = UInt8(ascii: "'")
}
