import NIOCore

/// What the server needs of a `PubMsg`: slices of the message as it came, so that nothing is copied before it is stored.
struct PublishFrame {
    var clientID = ByteBuffer()
    var guid = ByteBuffer()
    var channel = ByteBuffer()
    var reply = ByteBuffer()
    var data = ByteBuffer()
    var connectionID = ByteBuffer()

    /// - Returns: nil when the bytes are not protobuf.
    init?(decoding payload: ByteBuffer) {
        let start = payload.readerIndex
        var frame = (clientID: 0..<0, guid: 0..<0, channel: 0..<0, reply: 0..<0, data: 0..<0, connectionID: 0..<0)
        let isWhole = payload.withUnsafeReadableBytes { bytes in
            var scanner = WireScanner(bytes)
            while !scanner.isAtEnd {
                guard let field = scanner.next() else { return false }
                guard case .bytes(let number, let range) = field else { continue }
                switch number {
                case 1: frame.clientID = range
                case 2: frame.guid = range
                case 3: frame.channel = range
                case 4: frame.reply = range
                case 5: frame.data = range
                case 6: frame.connectionID = range
                default: break
                }
            }
            return true
        }
        guard isWhole else { return nil }
        func slice(_ range: Range<Int>) -> ByteBuffer {
            payload.getSlice(at: start + range.lowerBound, length: range.count) ?? ByteBuffer()
        }
        self.clientID = slice(frame.clientID)
        self.guid = slice(frame.guid)
        self.channel = slice(frame.channel)
        self.reply = slice(frame.reply)
        self.data = slice(frame.data)
        self.connectionID = slice(frame.connectionID)
    }
}
