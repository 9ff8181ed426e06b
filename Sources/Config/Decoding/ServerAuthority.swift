/// `[USERINFO@]HOST[:PORT][/]`: what follows the scheme in the URL of a server.
///
/// Errors never repeat the text: it may hold a password.
struct ServerAuthority {
    /// As it is written, with its % escapes.
    let userInfo: Substring?
    let address: HostAndPort

    init(parsing text: Substring) throws(TextProblem) {
        var rest = text
        if rest.utf8.last == UInt8(ascii: "/") { rest = Substring(rest.utf8.dropLast()) }
        if rest.utf8.contains(where: { "/?#".utf8.contains($0) }) {
            throw TextProblem("must have nothing after host and port (in a password write '/' as %2F, '?' as %3F, '#' as %23)")
        }
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            self.userInfo = rest[..<at]
            rest = Substring(rest.utf8[rest.utf8.index(after: at)...])
        } else {
            self.userInfo = nil
        }
        self.address = try HostAndPort(parsing: String(rest))
    }

    /// User info, or a part of it, without its % escapes.
    static func percentDecoded(_ text: Substring) throws(TextProblem) -> String {
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
