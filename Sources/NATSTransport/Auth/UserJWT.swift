import FoundationEssentials

/// The JWT of a user, as an account signed it. The server checks it; here only its shape matters.
package struct UserJWT: Sendable, Equatable {
    package let text: String

    /// Whether the JWT alone lets its bearer in, without a signature.
    package let isBearerToken: Bool

    /// Until when it is good, in seconds since 1970; nil for ever.
    package let expiry: Int?

    /// - Returns: nil when the text is not three parts in base64url with a JSON object in the middle.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && Base64URL.decode($0) != nil }) else { return nil }
        guard let json = Base64URL.decode(parts[1]), let claims = try? JSONDecoder().decode(Claims.self, from: Data(json)) else {
            return nil
        }
        self.text = text
        self.isBearerToken = claims.nats?.bearer_token ?? false
        self.expiry = claims.exp
    }

    // The names are those of the claims.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Claims: Decodable {
        struct NATS: Decodable {
            var bearer_token: Bool?
        }

        var nats: NATS?
        var exp: Int?
    }
}
