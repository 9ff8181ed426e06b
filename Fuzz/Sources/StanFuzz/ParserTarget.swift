import NATSTransport
import NIOCore

/// The NATS parser: the same frames however the bytes are cut, none made of nothing, and errors that are one short line.
enum ParserTarget: FuzzTarget {
    /// The first byte says how to cut the rest.
    static let seeds: [[UInt8]] = [
        "\u{3}INFO {\"server_id\":\"x\"} \r\nPING\r\nPONG\r\n+OK\r\n-ERR 'Stale Connection'\r\n",
        "\u{1}MSG foo.bar 1 5\r\nhello\r\nMSG foo 2 _INBOX.x 3\r\nabc\r\n",
        "\u{7}HMSG r 5 16 16\r\nNATS/1.0 503\r\n\r\n\r\nHMSG r 6 back 22 24\r\nNATS/1.0\r\nName: ab\r\n\r\nhi\r\n",
        "\u{40}msg \t foo\t\t7   2\nhi\r\nmsg a 1 67108864\r\n",
        "\u{2}MSG a 1 999999999999999999\r\n",
    ].map { Array($0.utf8) }

    static func run(_ bytes: [UInt8]) {
        guard let cut = bytes.first else { return }
        let input = bytes.dropFirst()
        let whole = Self.parse(input) { $0 }
        // The shortest frame is "+OK\n": a parser that gave out more would not consume.
        precondition(whole.frames.count * 4 <= input.count, "frames that were not there")
        var step = Int(cut)
        let parts = Self.parse(input) { rest in
            step = (step &* 5 &+ 3) & 0xff
            return min(rest, step % 31 + 1)
        }
        precondition(whole.frames == parts.frames && whole.error == parts.error, "depends on how the bytes are cut")
    }

    private static func parse(
        _ bytes: ArraySlice<UInt8>,
        next: (_ rest: Int) -> Int
    ) -> (frames: [String], error: NATSProtocolError?) {
        var parser = NATSParser()
        var frames: [String] = []
        var rest = bytes
        while !rest.isEmpty {
            let length = next(rest.count)
            // Messages do not begin at the start of their buffers, as in a socket's reads they do not.
            var buffer = ByteBuffer(string: "....")
            buffer.moveReaderIndex(forwardBy: 4)
            buffer.writeBytes(rest.prefix(length))
            rest = rest.dropFirst(length)
            parser.feed(buffer)
            do throws(NATSProtocolError) {
                while let frame = try parser.next() { frames.append(Self.describe(frame)) }
            } catch {
                let text = error.description
                precondition(text.utf8.count < 200 && !text.contains("\n"), "an error is one short line")
                return (frames, error)
            }
        }
        return (frames, nil)
    }

    private static func describe(_ frame: NATSFrame) -> String {
        switch frame {
        case .message(let message):
            var lent: [UInt8] = []
            message.withUnsafePayload { lent = Array($0) }
            precondition(lent == Array(message.payload.readableBytesView), "two ways to the same bytes")
            let status = message.status.map(String.init) ?? "-"
            return "message \(message.subject) \(message.subscription) \(message.reply ?? "-") \(status) \(lent)"
        case .info(let json): return "info \(json.readableBytesView.map { $0 })"
        case .error(let text): return "error \(text)"
        case .ping, .pong, .ok: return "\(frame)"
        }
    }
}
