import Crypto
import FoundationEssentials

/// The secret half of a key pair, as NATS writes it: `SUAAAAIC…`. It is wiped from memory when it goes, and never printed.
package struct NKeySeed: ~Copyable {
    /// The upper five bits of the first byte.
    static let prefix: UInt8 = 0x90

    private static let size = 32

    package let role: NKey.Role

    /// Prefix, seed, checksum.
    private let decoded: SecretBytes

    /// Reads the text form: 58 letters and digits.
    package init(_ text: some Collection<UInt8>) throws(NKeyError) {
        var decoded = SecretBytes(count: 2 + Self.size + 2)
        let expected = 58
        guard text.count == expected else {
            // A public key in the place of a seed is the usual mistake, and is shorter.
            if text.count == 56, let key = try? NKey(String(decoding: text, as: UTF8.self)), key.bytes.count == Self.size {
                throw .notASeed
            }
            throw .wrongLength(text.count, expected: expected)
        }
        try decoded.withMutableBytes { bytes throws(NKeyError) in try NKeyEncoding.decode(text, into: bytes) }
        let (first, second) = decoded.withBytes { ($0[0], $0[1]) }
        guard first & 0xf8 == Self.prefix else { throw .notASeed }
        guard second & 7 == 0, let role = NKey.Role(rawValue: (first & 7) << 5 | second >> 3) else { throw .unknownRole }
        self.role = role
        self.decoded = decoded
    }

    package init(_ text: String) throws(NKeyError) {
        try self.init(text.utf8)
    }

    private var seed: Range<Int> { 2..<2 + Self.size }

    private func withKey<Result>(_ body: (Curve25519.Signing.PrivateKey) -> Result) -> Result? {
        self.decoded.withBytes { bytes in
            // 32 bytes are always a key.
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: UnsafeRawBufferPointer(rebasing: bytes[self.seed]))
            return key.map(body)
        }
    }

    package var publicKey: NKey {
        NKey(role: self.role, bytes: self.withKey { Array($0.publicKey.rawRepresentation) } ?? [])
    }

    /// The Ed25519 signature, 64 bytes.
    package func sign(_ message: some Sequence<UInt8>) -> [UInt8] {
        let message = Array(message)
        return self.withKey { key in (try? key.signature(for: message)).map { Array($0) } ?? [] } ?? []
    }
}
