@testable import NATSTransport

/// Seeds and keys: as they come, and with the right checksum put behind them, which chance does not find.
enum NKeyTarget: FuzzTarget {
    static let seeds: [[UInt8]] = [
        Array(CredentialsTarget.seed.utf8),
        Array("UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK".utf8),
        [0x96, 0x80] + Array(0..<32),
        [0xa0] + Array(0..<32),
    ]

    static func run(_ bytes: [UInt8]) {
        Self.read(String(decoding: bytes, as: UTF8.self))
        Self.read(NKeyEncoding.encode(bytes))
        if let decoded = Base64URL.decode(bytes) {
            precondition(Base64URL.decode(Base64URL.encode(decoded).utf8) == decoded, "base64url changes what it writes")
        }
        precondition(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes, "base64url does not read what it writes")
    }

    private static func read(_ text: String) {
        if let key = try? NKey(text) {
            precondition(key.bytes.count == 32 && key.description == text, "one key has one text")
        }
        do throws(NKeyError) {
            let seed = try NKeySeed(text)
            precondition(seed.publicKey.role == seed.role && seed.publicKey.bytes.count == 32)
            precondition(seed.sign("nonce".utf8).count == 64)
        } catch {
            precondition(!"\(error)".isEmpty)
        }
    }
}
