/// Why a text is not the key it should be. Never says anything of the text but its length: it may be nearly a key.
package enum NKeyError: Error, Equatable, CustomStringConvertible {
    case wrongLength(Int, expected: Int)
    case notBase32
    case wrongChecksum
    /// It is whole, but a public key.
    case notASeed
    /// It is whole, but a seed.
    case notAPublicKey
    /// The prefix is of a kind of key that cannot sign, or none at all.
    case unknownRole

    package var description: String {
        switch self {
        case .wrongLength(let length, let expected): "it has \(length) characters instead of \(expected)"
        case .notBase32: "it has characters that nkeys do not have (A to Z and 2 to 7)"
        case .wrongChecksum: "its checksum is wrong: it is damaged or mistyped"
        case .notASeed: "it is a public key; what is needed is the seed, which begins with S"
        case .notAPublicKey: "it is a seed, not a public key"
        case .unknownRole: "it is not the key of a user, an account, an operator, a server or a cluster"
        }
    }
}
