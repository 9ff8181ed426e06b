/// Rules for the names of channels.
public enum StanChannel {
    /// What is wrong with a channel's name, or nil when a server takes it and NATS can carry it: tokens between dots, none empty,
    /// no wildcards (`*`, `>`), no `/`, no white space or control characters.
    public static func problem(with name: String) -> String? {
        if name.isEmpty { return "it is empty" }
        var previous = UInt8(ascii: ".")
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: ">"): return "it has a wildcard, which STAN does not have"
            case UInt8(ascii: "/"): return "it contains \"/\""
            case 0...0x20, 0x7f: return "it contains white space or a control character"
            case UInt8(ascii: ".") where previous == UInt8(ascii: "."): return "it has an empty token"
            default: previous = byte
            }
        }
        return previous == UInt8(ascii: ".") ? "it ends with \".\"" : nil
    }

    static func validate(_ name: String) throws(StanError) {
        if let problem = self.problem(with: name) {
            throw StanError(.invalidArgument, "\"\(name)\" is not a channel: \(problem)")
        }
    }
}
