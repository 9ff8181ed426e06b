import Foundation
import TestSupport
import Testing

@testable import NATSTransport

@Suite("Proof of identity")
struct ConnectProofTests {
    private static let people = TestOperator()
    private static let nonce = "PXoWU7zWAMt75FY"

    @Test("A seed signs the nonce, from memory and from a file")
    func nkey() throws {
        try withTestDirectory { directory in
            let path = try directory.write(NKeyTests.userSeed + "\n", to: "user.nk")
            for credentials in [NATSCredentials.nkey(seed: NKeyTests.userSeed), .nkeySeedFile(path)] {
                let proof = try credentials.proof(nonce: Self.nonce)
                #expect(proof.nkey == NKeyTests.userKey)
                #expect(proof.signature?.hasPrefix("bnxg5G8aOV2LQdSE_lcM9cl") == true)
                #expect(proof.jwt == nil)
            }
        }
    }

    @Test("A JWT goes with the signature of its seed, or alone when it is a bearer token")
    func jwt() throws {
        let jwt = try Self.people.userJWT()
        let proof = try NATSCredentials.jwt(jwt, seed: Self.people.userKey.seed).proof(nonce: Self.nonce)
        #expect(proof.jwt == jwt)
        #expect(proof.signature?.count == 86)
        #expect(proof.nkey == nil)
        let bearer = try Self.people.userJWT(isBearer: true)
        #expect(try NATSCredentials.jwt(bearer, seed: nil).proof(nonce: nil) == ConnectProof(jwt: bearer))
        #expect(try NATSCredentials.jwt(bearer, seed: nil).proof(nonce: Self.nonce) == ConnectProof(jwt: bearer))
    }

    @Test("A file is read anew each time")
    func rotation() throws {
        try withTestDirectory { directory in
            let path = try directory.write(TestKey(.user, 1).seed, to: "user.nk")
            let credentials = NATSCredentials.nkeySeedFile(path)
            #expect(try credentials.proof(nonce: "x").nkey == TestKey(.user, 1).publicKey)
            _ = try directory.write(TestKey(.user, 2).seed, to: "user.nk")
            #expect(try credentials.proof(nonce: "x").nkey == TestKey(.user, 2).publicKey)
        }
    }

    @Test("What cannot be used is one clear error, without the secret")
    func errors() throws {
        let user = Self.people.userKey
        let jwt = try Self.people.userJWT()
        try withTestDirectory { directory in
            let empty = try directory.write("", to: "empty")
            let damaged = try directory.write(String(user.seed.dropLast()) + "A", to: "damaged")
            let account = try directory.write(TestKey(.account, 1).seed, to: "account")
            let seedOnly = try directory.write(user.seed, to: "seed")
            let jwtOnly = try directory.write(jwt, to: "jwt")
            let large = try directory.write(String(repeating: "x", count: 2 << 20), to: "large")
            let cases: [(NATSCredentials, String?, String)] = [
                (.nkeySeedFile("/no/such/file"), "n", "cannot read the nkey seed file /no/such/file: No such file or directory"),
                (
                    .nkeySeedFile(directory.path), "n",
                    "cannot read the nkey seed file \(directory.path): it is not a regular file"
                ),
                (.credentialsFile("/dev/zero"), "n", "cannot read the credentials file /dev/zero: it is not a regular file"),
                (.credentialsFile(large), "n", "cannot read the credentials file \(large): it is larger than 1048576 bytes"),
                (.nkeySeedFile(empty), "n", "cannot use the nkey seed file \(empty): there is neither a JWT nor a seed in it"),
                (
                    .nkeySeedFile(damaged), "n",
                    "cannot use the nkey seed file \(damaged): its seed cannot be used: its checksum is wrong: it is damaged or mistyped"
                ),
                (
                    .nkeySeedFile(account), "n",
                    "cannot use the nkey seed file \(account): its seed is that of an account, and clients need that of a user (SU…)"
                ),
                (
                    .nkeySeedFile(jwtOnly), "n",
                    "cannot use the nkey seed file \(jwtOnly): there is a JWT in it and no seed; it can only be used as a "
                        + "credentials file"
                ),
                (
                    .credentialsFile(seedOnly), "n",
                    "cannot use the credentials file \(seedOnly): there is a seed in it and no JWT; it can only be used as an "
                        + "nkey seed file"
                ),
                (
                    .credentialsFile(jwtOnly), "n",
                    "cannot use the credentials file \(jwtOnly): the seed that belongs to its JWT is missing"
                ),
                (
                    .nkeySeedFile(seedOnly), nil,
                    "the NATS server takes no nkeys or JWTs: it asked for no signature, and the nkey seed file \(seedOnly) is good "
                        + "for nothing else"
                ),
                (.nkey(seed: "SU"), "n", "cannot use the nkey seed: its seed cannot be used: it has 2 characters instead of 58"),
            ]
            for (credentials, nonce, text) in cases {
                #expect(throws: NATSError.credentials(text)) { try credentials.proof(nonce: nonce) }
                #expect(!text.contains(user.seed.dropLast(4)))
            }
        }
    }

    @Test("Printing, dumping and interpolating credentials shows no secret")
    func hidden() throws {
        let secret = Self.people.userKey.seed
        let all: [NATSCredentials] = [
            .password(user: secret, password: secret), .token(secret), .nkey(seed: secret), .jwt(secret, seed: secret),
        ]
        for credentials in all {
            var dumped = ""
            dump(credentials, to: &dumped)
            var configuration = NATSConfiguration(servers: [NATSServerAddress(host: "h", credentials: credentials)])
            configuration.credentials = credentials
            dump(configuration, to: &dumped)
            #expect(!dumped.contains(secret))
            #expect(!"\(credentials) \(String(reflecting: credentials)) \(configuration)".contains(secret))
        }
    }
}
