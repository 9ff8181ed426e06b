/// The public half of an Ed25519 key pair, as NATS writes it: `UAB2CB57…`.
package struct NKey: Sendable, Hashable, CustomStringConvertible {
    /// Whose key it is; the first letter of its text. The raw values are the prefix bytes of the text form.
    package enum Role: UInt8, Sendable, CaseIterable {
        case account = 0x00
        case cluster = 0x10
        case server = 0x68
        case `operator` = 0x70
        case user = 0xa0

        /// For sentences.
        package var nameWithArticle: String {
            switch self {
            case .account: "an account"
            case .cluster: "a cluster"
            case .server: "a server"
            case .operator: "an operator"
            case .user: "a user"
            }
        }
    }

    private static let size = 32

    package let role: Role

    /// The 32 bytes of the key itself.
    package let bytes: [UInt8]

    init(role: Role, bytes: [UInt8]) {
        self.role = role
        self.bytes = bytes
    }

    package init(_ text: String) throws(NKeyError) {
        var bytes = SecretBytes(count: 1 + Self.size + 2)
        try bytes.withMutableBytes { bytes throws(NKeyError) in try NKeyEncoding.decode(text.utf8, into: bytes) }
        let decoded = bytes.withBytes { Array($0) }
        guard let role = Role(rawValue: decoded[0]) else {
            throw decoded[0] & 0xf8 == NKeySeed.prefix ? .notAPublicKey : .unknownRole
        }
        self.init(role: role, bytes: Array(decoded[1...Self.size]))
    }

    package var description: String { NKeyEncoding.encode([self.role.rawValue] + self.bytes) }
}
