import TestSupport
import Testing

@testable import NATSTransport

@Suite("nkeys")
struct NKeyTests {
    /// The seed bytes 0, 1, … 31 in the text form of each role, and their public key. A nats-server has accepted them.
    static let userSeed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"
    static let userKey = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"
    static let accountSeed = "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI"
    static let accountKey = "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
    static let operatorSeed = "SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA"
    static let rawKey: [UInt8] = [
        0x03, 0xa1, 0x07, 0xbf, 0xf3, 0xce, 0x10, 0xbe, 0x1d, 0x70, 0xdd, 0x18, 0xe7, 0x4b, 0xc0, 0x99,
        0x67, 0xe4, 0xd6, 0x30, 0x9b, 0xa5, 0x0d, 0x5f, 0x1d, 0xdc, 0x86, 0x64, 0x12, 0x55, 0x31, 0xb8,
    ]

    @Test("The checksum is CRC-16/XMODEM")
    func checksum() {
        #expect(NKeyEncoding.checksum("123456789".utf8) == 0x31c3)
        #expect(NKeyEncoding.checksum([]) == 0)
    }

    @Test(
        "129 Seeds are read, and the public keys that belong to them found",
        arguments: [
            (Self.userSeed, NKey.Role.user, Self.userKey), (Self.accountSeed, .account, Self.accountKey),
            (Self.operatorSeed, .operator, nil),
        ] as [(String, NKey.Role, String?)]
    )
    func seeds(_ text: String, _ role: NKey.Role, _ key: String?) throws {
        let seed = try NKeySeed(text)
        #expect(seed.role == role)
        #expect(seed.publicKey.bytes == Self.rawKey)
        if let key { #expect(seed.publicKey.description == key) }
    }

    @Test("Public keys are read and written", arguments: [Self.userKey, Self.accountKey])
    func publicKeys(_ text: String) throws {
        let key = try NKey(text)
        #expect(key.bytes == Self.rawKey)
        #expect(key.description == text)
    }

    @Test("Every role survives writing and reading, in both halves", arguments: NKey.Role.allCases)
    func roles(_ role: NKey.Role) throws {
        let seed = try NKeySeed(TestKey(role, 7).seed)
        #expect(seed.role == role)
        #expect(try NKey(seed.publicKey.description) == seed.publicKey)
        #expect(seed.publicKey.role == role)
    }

    @Test("129 A nonce is signed as it stands in INFO")
    func signature() throws {
        let seed = try NKeySeed(Self.userSeed)
        #expect(
            Base64URL.encode(seed.sign("PXoWU7zWAMt75FY".utf8))
                == "bnxg5G8aOV2LQdSE_lcM9clxm_fbTTZxsqQ1EpTNgJXmH6z5ezesd49kXfuNhoAqw_DmEtsGcNsJdug9wMuRDQ"
        )
    }

    @Test(
        "What is no seed is refused, with the reason",
        arguments: [
            ("", .wrongLength(0, expected: 58)),
            (String(Self.userSeed.dropLast()), .wrongLength(57, expected: 58)),
            (Self.userSeed + "A", .wrongLength(59, expected: 58)),
            (Self.userKey, .notASeed),
            (Self.userSeed.lowercased(), .notBase32),
            (Self.userSeed.replacing("Q", with: "1"), .notBase32),
            (Self.userSeed.replacing("SUAAAAIC", with: "SUAAAAID"), .wrongChecksum),
            // An x25519 seed: right in all, but it cannot sign.
            (TestKey.text(roleByte: 0xb8, fill: 1), .unknownRole),
            (String(repeating: "S", count: 58), nil),
        ] as [(String, NKeyError?)]
    )
    func badSeeds(_ text: String, _ error: NKeyError?) {
        do throws(NKeyError) {
            _ = try NKeySeed(text)
            Issue.record("taken for a seed")
        } catch let thrown {
            if let error { #expect(thrown == error) }
            #expect(text.isEmpty || !thrown.description.contains(text))
        }
    }

    @Test(
        "What is no public key is refused",
        arguments: [
            ("", .wrongLength(0, expected: 56)), (Self.userSeed, .wrongLength(58, expected: 56)),
            (Self.userKey.replacing("UAB", with: "UAC"), .wrongChecksum), (String(repeating: "!", count: 56), .notBase32),
        ] as [(String, NKeyError)]
    )
    func badKeys(_ text: String, _ error: NKeyError) {
        #expect(throws: error) { try NKey(text) }
    }

    @Test("Bytes survive base64url, and what is not base64url is refused")
    func base64() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
            let text = Base64URL.encode(bytes)
            #expect(!text.contains("=") && !text.contains("+") && !text.contains("/"))
            #expect(Base64URL.decode(text.utf8) == bytes)
        }
        for text in ["A", "AAAAA", "AA==", "A+", "A/", "é", "A A"] { #expect(Base64URL.decode(text.utf8) == nil) }
    }
}
