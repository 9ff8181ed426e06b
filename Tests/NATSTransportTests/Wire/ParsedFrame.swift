import NIOCore

@testable import NATSTransport

/// A frame with all of its parts copied out, so that it can be compared and outlives its buffer.
enum ParsedFrame: Equatable {
    case message(subject: String, subscription: UInt64, reply: String?, status: Int?, payload: [UInt8])
    case info(String)
    case ping
    case pong
    case ok
    case error(String)

    static func message(_ subject: String, _ subscription: UInt64, reply: String? = nil, _ payload: String) -> Self {
        .message(subject: subject, subscription: subscription, reply: reply, status: nil, payload: Array(payload.utf8))
    }

    init(_ frame: NATSFrame) {
        switch frame {
        case .message(let message):
            var lent: [UInt8] = []
            message.withUnsafePayload { lent = Array($0) }
            // Two ways to the same bytes; a difference would show as a frame that no test expects.
            let sliced = Array(message.payload.readableBytesView)
            self = .message(
                subject: message.subject,
                subscription: message.subscription.number,
                reply: message.reply,
                status: message.status,
                payload: lent == sliced ? lent : Array("slice and lent bytes differ".utf8)
            )
        case .info(let json): self = .info(String(buffer: json))
        case .ping: self = .ping
        case .pong: self = .pong
        case .ok: self = .ok
        case .error(let text): self = .error(text)
        }
    }
}

/// All that a parser makes of some bytes.
struct ParseOutcome: Equatable {
    var frames: [ParsedFrame] = []
    var error: NATSProtocolError?

    init(frames: [ParsedFrame] = [], error: NATSProtocolError? = nil) {
        self.frames = frames
        self.error = error
    }

    /// Feeds the bytes in parts of the lengths given; what is left over is the last part.
    init(_ bytes: [UInt8], parts lengths: [Int] = []) {
        var parser = NATSParser()
        var rest = bytes[...]
        for length in lengths + [bytes.count] where !rest.isEmpty {
            self.feed(rest.prefix(length), to: &parser)
            guard self.error == nil else { return }
            rest = rest.dropFirst(length)
        }
    }

    init(_ text: String, parts lengths: [Int] = []) {
        self.init(Array(text.utf8), parts: lengths)
    }

    mutating func feed(_ bytes: some Collection<UInt8>, to parser: inout NATSParser) {
        // Messages do not begin at the start of their buffers, as in a socket's reads they do not.
        var buffer = ByteBuffer(string: "....")
        buffer.moveReaderIndex(forwardBy: 4)
        buffer.writeBytes(bytes)
        parser.feed(buffer)
        do throws(NATSProtocolError) {
            while let frame = try parser.next() { self.frames.append(ParsedFrame(frame)) }
        } catch {
            self.error = error
        }
    }
}
