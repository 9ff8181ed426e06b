/// `nats://[user:password@|token@]host[:port][/]`, or the same with `tls://`.
///
/// Errors never repeat the text: it may hold a password.
enum NATSServerURL {
    static func parse(_ text: String) throws(TextProblem) -> Configuration.NATS.Server {
        let scheme: Substring
        let rest: Substring
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
        let authority = try ServerAuthority(parsing: rest)
        var credentials: Configuration.NATS.Credentials?
        if let userInfo = authority.userInfo { credentials = try Self.credentials(userInfo) }
        return Configuration.NATS.Server(
            host: authority.address.host,
            port: authority.address.port ?? 4222,
            usesTLS: usesTLS,
            credentials: credentials
        )
    }

    private static func credentials(_ userInfo: Substring) throws(TextProblem) -> Configuration.NATS.Credentials {
        guard let colon = userInfo.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            let token = try ServerAuthority.percentDecoded(userInfo)
            if token.isEmpty { throw TextProblem("has an empty token before '@'") }
            return .token(Secret(token))
        }
        let name = try ServerAuthority.percentDecoded(userInfo[..<colon])
        let password = try ServerAuthority.percentDecoded(Substring(userInfo.utf8[userInfo.utf8.index(after: colon)...]))
        if name.isEmpty { throw TextProblem("has an empty user name before ':'") }
        if password.isEmpty { throw TextProblem("has an empty password before '@'") }
        return .user(name: name, password: Secret(password))
    }
}
