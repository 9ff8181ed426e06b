/// `SCHEME://[user[:password]@]host[:port][/]`, the URL of a proxy.
///
/// Errors never repeat the text: it may hold a password.
enum ProxyURL {
    private static let schemes = ["http", "https", "socks5", "socks5h"]

    static func check(_ text: String) throws(TextProblem) {
        let parts = text.firstRange(of: "://")
        guard let parts, Self.schemes.contains(text[..<parts.lowerBound].lowercased()) else {
            throw TextProblem("must start with \(Self.schemes.map { "\($0)://" }.alternatives)")
        }
        // Asked before host and port are: a password with a space in it has nothing to do with the host.
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TextProblem("must be visible ASCII characters (percent-encode others)")
        }
        let authority = try ServerAuthority(parsing: text[parts.upperBound...])
        if let userInfo = authority.userInfo, try ServerAuthority.percentDecoded(userInfo).hasControlCharacters {
            throw TextProblem("must not have control characters before '@'")
        }
    }
}
