/// `nats://[user:password@|token@]host[:port][/]`, or the same with `tls://`.
///
/// Errors never repeat the text: it may hold a password.
enum NATSServerURL {
    static func parse(_ text: String) throws(TextProblem) -> Configuration.NATS.Server {
        let scheme: Substring
        var rest: Substring
        if let range = text.firstRange(of: "://") {
            scheme = text[..<range.lowerBound]
            rest = text[range.upperBound...]
        } else {
            throw TextProblem("must start with \"nats://\" (as in \"nats://127.0.0.1:4222\")")
        }
        if rest.contains("://") { throw TextProblem("must have one address (write several as elements of the list)") }
        let usesTLS: Bool
        switch scheme.lowercased() {
        case "nats": usesTLS = false
        case "tls": usesTLS = true
        default: throw TextProblem("must start with \"nats://\" or \"tls://\" (other schemes are not supported)")
        }
        if rest.utf8.last == UInt8(ascii: "/") { rest = Substring(rest.utf8.dropLast()) }
        if rest.utf8.contains(where: { "/?#".utf8.contains($0) }) {
            throw TextProblem("must have nothing after host and port (in a password write '/' as %2F, '?' as %3F, '#' as %23)")
        }
        var credentials: Configuration.NATS.Credentials?
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            credentials = try Self.credentials(rest[..<at])
            rest = Substring(rest.utf8[rest.utf8.index(after: at)...])
        }
        let address = try HostAndPort(parsing: String(rest))
        return Configuration.NATS.Server(
            host: address.host,
            port: address.port ?? 4222,
            usesTLS: usesTLS,
            credentials: credentials
        )
    }

    private static func credentials(_ userInfo: Substring) throws(TextProblem) -> Configuration.NATS.Credentials {
        guard let colon = userInfo.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            let token = try Self.percentDecoded(userInfo)
            if token.isEmpty { throw TextProblem("has an empty token before '@'") }
            return .token(Secret(token))
        }
        let name = try Self.percentDecoded(userInfo[..<colon])
        let password = try Self.percentDecoded(Substring(userInfo.utf8[userInfo.utf8.index(after: colon)...]))
        if name.isEmpty { throw TextProblem("has an empty user name before ':'") }
        if password.isEmpty { throw TextProblem("has an empty password before '@'") }
        return .user(name: name, password: Secret(password))
    }

    private static func percentDecoded(_ text: Substring) throws(TextProblem) -> String {
        var decoded: [UInt8] = []
        var bytes = text.utf8[...]
        while let byte = bytes.popFirst() {
            if byte != UInt8(ascii: "%") {
                decoded.append(byte)
            } else if let high = bytes.popFirst()?.hexDigitValue, let low = bytes.popFirst()?.hexDigitValue {
                decoded.append(high << 4 | low)
            } else {
                throw TextProblem("has a '%' without two hexadecimal digits before '@' (write '%' itself as %25)")
            }
        }
        guard let result = String(validating: decoded, as: UTF8.self) else {
            throw TextProblem("has user info that is not UTF-8 when its % escapes are decoded")
        }
        return result
    }
}
