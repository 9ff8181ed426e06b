import NIOCore

/// Where a server listens, and who the client is there.
package struct NATSServerAddress: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    package var port: Int
    package var credentials: NATSCredentials

    /// Whether nothing but TLS will do; else the server decides.
    package var usesTLS: Bool

    /// The name of the server that announced this one.
    var announcerName: String?

    package static let defaultPort = 4222

    package init(host: String, port: Int = Self.defaultPort, credentials: NATSCredentials = .none, usesTLS: Bool = false) {
        self.host = host
        self.port = port
        self.credentials = credentials
        self.usesTLS = usesTLS
    }

    private var isIPAddress: Bool { (try? SocketAddress(ipAddress: self.host, port: self.port)) != nil }

    /// The name that the server's certificate should have; nil when only its IP address is known.
    var certificateName: String? { self.isIPAddress ? self.announcerName : self.host }

    /// Reads `nats://[user:password@ | token@]host[:port]`, the same with `tls://`, or `host[:port]` as servers list each other.
    ///
    /// - Returns: nil when the text is neither.
    package init?(_ url: String) {
        var rest = Substring(url)
        var usesTLS = false
        if let scheme = rest.firstRange(of: "://") {
            switch rest[..<scheme.lowerBound].lowercased() {
            case "nats": break
            case "tls": usesTLS = true
            default: return nil
            }
            rest = rest[scheme.upperBound...]
        }
        if rest.hasSuffix("/") { rest.removeLast() }
        var credentials = NATSCredentials.none
        if let at = rest.lastIndex(of: "@") {
            let userInfo = rest[..<at]
            rest = rest[rest.index(after: at)...]
            let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first.flatMap(Self.percentDecoded), !first.isEmpty else { return nil }
            if parts.count == 2 {
                guard let password = Self.percentDecoded(parts[1]) else { return nil }
                credentials = .password(user: first, password: password)
            } else {
                credentials = .token(first)
            }
        }
        var host = rest
        var port = Self.defaultPort
        if rest.first == "[" {
            guard let bracket = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<bracket]
            rest = rest[rest.index(after: bracket)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            if rest.first == ":" {
                guard let number = Self.port(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = rest.firstIndex(of: ":") {
            host = rest[..<colon]
            guard let number = Self.port(rest[rest.index(after: colon)...]) else { return nil }
            port = number
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }) else { return nil }
        self.init(host: String(host), port: port, credentials: credentials, usesTLS: usesTLS)
    }

    /// Host and port, never the credentials.
    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    private static func port(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = Int(text), 1...65535 ~= port else {
            return nil
        }
        return port
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(Self.hexDigit), let low = source.next().flatMap(Self.hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        UnicodeScalar(byte).properties.isASCIIHexDigit ? UInt8(String(UnicodeScalar(byte)), radix: 16) : nil
    }
}
