import TestSupport
import Testing

@testable import NATSTransport

@Suite("Credentials files")
struct CredentialsFileTests {
    static let jwt = (try? TestOperator().userJWT()) ?? ""
    static let seed = TestOperator().userKey.seed

    @Test(
        "The JWT and the seed are found, whatever is round them",
        arguments: [
            TestOperator.credentials(jwt: Self.jwt, seed: Self.seed),
            TestOperator.credentials(jwt: Self.jwt, seed: Self.seed).replacing("\n", with: "\r\n"),
            "\n\n  --- JWT ---\n\(Self.jwt)  \n---END---\n---\n\t\(Self.seed)\n---",
            "notes. with. dots\n" + TestOperator.credentials(jwt: Self.jwt, seed: Self.seed) + "SUNOT a seed",
            // The end of the file ends a block.
            "---BEGIN---\n\(Self.jwt)\n---BEGIN---\n\(Self.seed)",
            // The seed first.
            "---\n\(Self.seed)\n---\n---\n\(Self.jwt)\n---\n",
            // No marker at all.
            "\(Self.jwt)\n\(Self.seed)\n",
            "a comment\n\(Self.jwt)\r\n\r\n\(Self.seed)",
        ]
    )
    func whole(_ text: String) throws {
        let file = try CredentialsFile(parsing: text.utf8)
        #expect(file.jwt?.text == Self.jwt)
        #expect(file.publicKey == TestOperator().userKey.publicKey)
    }

    @Test("A file may have a seed alone, or a JWT alone")
    func parts() throws {
        let seed = try CredentialsFile(parsing: "# made yesterday\n\(Self.seed)\n".utf8)
        #expect(seed.jwt == nil)
        #expect(seed.publicKey == TestOperator().userKey.publicKey)
        let jwt = try CredentialsFile(parsing: Self.jwt.utf8)
        #expect(jwt.jwt?.text == Self.jwt)
        #expect(jwt.jwt?.isBearerToken == false)
        #expect(jwt.publicKey == nil)
        #expect(try CredentialsFile(parsing: TestOperator().userJWT(isBearer: true).utf8).jwt?.isBearerToken == true)
    }

    @Test(
        "What cannot be used is refused, with the reason and the line",
        arguments: [
            ("", .empty), ("\n\n", .empty), ("hello", .empty), ("-----BEGIN-----\n-----END-----", .empty),
            ("---BEGIN---\nhello there\n---END---", .malformedBlock(line: 2)),
            ("---BEGIN---\n\(Self.jwt)\n\(Self.jwt)\n---END---", .malformedBlock(line: 3)),
            ("---BEGIN---\na.b.c\n---END---", .badJWT), ("a.b", .empty), ("a.b.c", .badJWT),
            ("\(Self.jwt.replacing(".", with: ".!", maxReplacements: 1))", .badJWT),
            ("---\n\(Self.jwt)\n---\n---\n\(Self.seed.dropLast())\n---", .badSeed(.wrongLength(57, expected: 58))),
            ("\(Self.jwt)\n\(Self.seed.dropLast())A", .badSeed(.wrongChecksum)),
            (TestOperator().userKey.publicKey, .empty),
            ("---\n\(TestOperator().userKey.publicKey)\n---", .badSeed(.notASeed)),
        ] as [(String, CredentialsFileError)]
    )
    func refused(_ text: String, _ error: CredentialsFileError) {
        do throws(CredentialsFileError) {
            _ = try CredentialsFile(parsing: text.utf8)
            Issue.record("taken for credentials")
        } catch let thrown {
            #expect(thrown == error)
        }
    }

    @Test("Damaged files and keys are refused or read, and nothing else happens", arguments: 0..<8)
    func mutations(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let originals = [
            Array(TestOperator.credentials(jwt: Self.jwt, seed: Self.seed).utf8), Array("\(Self.jwt)\n\(Self.seed)".utf8),
            Array(Self.seed.utf8), Array(TestOperator().userKey.publicKey.utf8),
        ]
        var read = 0
        for round in 0..<1500 {
            var bytes = originals[round % originals.count]
            generator.mutate(&bytes)
            if let file = try? CredentialsFile(parsing: bytes) {
                read += 1
                // What is read as a seed can sign.
                if let signature = file.signature(over: "nonce") { #expect(signature.count == 64) }
            }
            if let seed = try? NKeySeed(bytes) { #expect(seed.sign([]).count == 64) }
            if let key = try? NKey(String(decoding: bytes, as: UTF8.self)) { #expect(key.bytes.count == 32) }
            _ = UserJWT(String(decoding: bytes, as: UTF8.self))
        }
        #expect(read > 0)
    }
}

extension CredentialsFile {
    var publicKey: String? {
        switch self.seed {
        case .some(let seed): seed.publicKey.description
        case nil: nil
        }
    }

    func signature(over text: String) -> [UInt8]? {
        switch self.seed {
        case .some(let seed): seed.sign(text.utf8)
        case nil: nil
        }
    }
}
