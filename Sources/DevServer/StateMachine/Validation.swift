import NIOCore

/// What the server accepts as names.
enum Validation {
    /// Letters, digits, `-` and `_`, at least one, in ASCII.
    static func isClientID(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }

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
