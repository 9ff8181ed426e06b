/// What a secret is for, which says what it has to be. Asked when a configuration is read, and again when the file of a secret
/// has changed: what is no header then would break the request, or become another header.
package enum SecretUse: Sendable, Hashable, CaseIterable {
    /// Anything.
    case password
    /// A header's value: printable ASCII and tabs.
    case headerValue
    /// What follows `Bearer `: visible ASCII.
    case bearerToken
    /// What messages are signed with; see ``SigningSecret``.
    case signingSecret
    /// The URL of a proxy.
    case proxyURL

    /// - Throws: what is wrong with it, without any of it.
    package func check(_ text: String) throws(TextProblem) {
        switch self {
        case .password:
            break
        case .headerValue:
            if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\t" }) {
                throw TextProblem("must not contain a line break or another control character: a header is one line")
            }
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw TextProblem("must be ASCII characters: what others mean in a header is not agreed on (percent-encode them)")
            }
        case .bearerToken:
            guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw TextProblem("must be visible ASCII characters without a space (the token alone, without \"Bearer \")")
            }
        case .signingSecret:
            try SigningSecret.check(text)
        case .proxyURL:
            try ProxyURL.check(text)
        }
    }
}
