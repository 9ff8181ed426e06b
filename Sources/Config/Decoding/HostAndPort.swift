/// `host:port` as in a URL or a listen address: the host a DNS name, an IPv4 address, or an IPv6 address in brackets.
struct HostAndPort {
    /// Without brackets.
    let host: String
    let port: UInt16?

    /// - Parameter text: never repeated in an error, since what stands here by mistake can be a password.
    init(parsing text: String, ports: ClosedRange<UInt16> = 1...UInt16.max) throws(TextProblem) {
        var portText: Substring?
        if text.utf8.first == UInt8(ascii: "[") {
            guard let bracket = text.utf8.firstIndex(of: UInt8(ascii: "]")) else {
                throw TextProblem("has a '[' without its ']'")
            }
            self.host = String(text[text.utf8.index(after: text.startIndex)..<bracket])
            guard let address = IPAddress(self.host), address.isV6 else {
                throw TextProblem("has something else than an IPv6 address between '[' and ']'")
            }
            let rest = text[text.utf8.index(after: bracket)...]
            if rest.utf8.first == UInt8(ascii: ":") {
                portText = Substring(rest.utf8.dropFirst())
            } else if !rest.isEmpty {
                throw TextProblem("must have nothing but a ':' and a port after ']'")
            }
        } else {
            let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard parts.count <= 2 else {
                throw TextProblem("has more than one ':' (an IPv6 address is written in brackets: \"[::1]\")")
            }
            self.host = String(Substring(parts[0]))
            portText = parts.count == 2 ? Substring(parts[1]) : nil
            try Self.check(host: self.host)
        }
        guard let portText else {
            self.port = nil
            return
        }
        guard portText.utf8.allSatisfy(\.isASCIIDigit), let port = UInt16(portText), ports.contains(port) else {
            throw TextProblem("must have a port from \(ports.lowerBound) to \(ports.upperBound) after ':'")
        }
        self.port = port
    }

    /// Whether a host, without brackets, is this machine as it sees itself.
    static func isLoopback(_ host: String) -> Bool {
        IPAddress(host)?.isLoopback ?? (host.lowercased() == "localhost")
    }

    private static func check(host: String) throws(TextProblem) {
        if host.isEmpty { throw TextProblem("has no host") }
        for byte in host.utf8 where !byte.isASCIILetterOrDigit && !"-_.".utf8.contains(byte) {
            if byte >= 0x80 { throw TextProblem("must have a host in ASCII (write the \"xn--\" form of the name)") }
            if byte == UInt8(ascii: ",") { throw TextProblem("must have one address (write several as elements of the list)") }
            throw TextProblem("must have a host of letters, digits, '-', '_' and '.'")
        }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let last = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        if host.utf8.count > 253 || last.isEmpty || last.contains(where: { $0.isEmpty || $0.count > 63 }) {
            throw TextProblem("must have a host that can be a DNS name")
        }
        // All digits and dots can only be an IPv4 address, and has to be a right one.
        if host.utf8.allSatisfy({ $0.isASCIIDigit || $0 == UInt8(ascii: ".") }), IPAddress(host) == nil {
            throw TextProblem("has a host that looks like an IPv4 address but is none")
        }
    }
}
