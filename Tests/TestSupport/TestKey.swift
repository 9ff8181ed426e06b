package import NATSTransport

/// A key pair with known bytes, and what the tools of NATS make with one.
package struct TestKey: Sendable {
    package let seed: String
    package let publicKey: String

    /// - Parameter fill: each byte of the seed.
    package init(_ role: NKey.Role, _ fill: UInt8) {
        self.seed = Self.text(roleByte: role.rawValue, fill: fill)
        self.publicKey = (try? NKeySeed(self.seed).publicKey.description) ?? ""
    }

    package static func text(roleByte: UInt8, fill: UInt8) -> String {
        NKeyEncoding.encode([0x90 | roleByte >> 5, (roleByte & 31) << 3] + [UInt8](repeating: fill, count: 32))
    }

    /// A JWT about somebody, signed by this key.
    package func jwt(about subject: TestKey, nats: String, expires: Int? = nil) throws -> String {
        let header = Base64URL.encode(#"{"typ":"JWT","alg":"ed25519-nkey"}"#.utf8)
        let expiry = expires.map { "\"exp\":\($0)," } ?? ""
        let claims = """
            {"jti":"TEST","iat":1700000000,\(expiry)"iss":"\(self.publicKey)","name":"test","sub":"\(subject.publicKey)","nats":\(nats)}
            """
        let signed = "\(header).\(Base64URL.encode(claims.utf8))"
        return "\(signed).\(Base64URL.encode(try NKeySeed(self.seed).sign(signed.utf8)))"
    }
}

/// An operator, an account and a user, and a server that knows the first two.
package struct TestOperator: Sendable {
    package let operatorKey = TestKey(.operator, 1)
    package let accountKey = TestKey(.account, 2)
    package let userKey = TestKey(.user, 3)

    package init() {}

    /// For a nats-server.
    package func configuration() throws -> String {
        let operatorJWT = try self.operatorKey.jwt(about: self.operatorKey, nats: #"{"type":"operator","version":2}"#)
        let limits = """
            "limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1}
            """
        let accountJWT = try self.operatorKey.jwt(
            about: self.accountKey,
            nats: "{\(limits),\"type\":\"account\",\"version\":2}"
        )
        return """
            operator: \(operatorJWT)
            resolver: MEMORY
            resolver_preload: { \(self.accountKey.publicKey): \(accountJWT) }
            """
    }

    /// The JWT of the user.
    package func userJWT(isBearer: Bool = false, expires: Int? = nil) throws -> String {
        try self.accountKey.jwt(
            about: self.userKey,
            nats: """
                {"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"bearer_token":\(isBearer),"type":"user","version":2}
                """,
            expires: expires
        )
    }

    /// As the tools of NATS write it.
    package static func credentials(jwt: String, seed: String) -> String {
        """
        -----BEGIN NATS USER JWT-----
        \(jwt)
        ------END NATS USER JWT------

        ************************* IMPORTANT *************************
        NKEY Seed printed below can be used to sign and prove identity.
        NKEYs are sensitive and should be treated as secrets.

        -----BEGIN USER NKEY SEED-----
        \(seed)
        ------END USER NKEY SEED------

        *************************************************************

        """
    }
}
