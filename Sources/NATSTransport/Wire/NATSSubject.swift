/// Rules for subjects that a client publishes to.
package enum NATSSubject {
    /// Whether a message can be published to the subject: tokens between dots, none empty, no white space, no control
    /// characters and no wildcards. The server does not check, and a blank would break the protocol's line.
    package static func isPublishable(_ subject: String) -> Bool {
        var previous = UInt8(ascii: ".")
        for byte in subject.utf8 {
            switch byte {
            case 0...0x20, 0x7f, UInt8(ascii: "*"), UInt8(ascii: ">"): return false
            case UInt8(ascii: ".") where previous == UInt8(ascii: "."): return false
            default: previous = byte
            }
        }
        return previous != UInt8(ascii: ".")
    }
}
