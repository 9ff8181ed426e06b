import NIOCore

/// What the server accepts as names.
enum Validation {
    /// Tokens separated by dots, none empty; no wildcard and no slash anywhere. The server lets everything else pass.
    static func isChannel(_ name: ByteBuffer) -> Bool {
        let bytes = name.readableBytesView
        guard let first = bytes.first, let last = bytes.last else { return false }
        let dot = UInt8(ascii: ".")
        guard first != dot, last != dot else { return false }
        var previous = first
        for byte in bytes {
            if byte == UInt8(ascii: "*") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") { return false }
            if byte == dot, previous == dot { return false }
            previous = byte
        }
        return true
    }
}
