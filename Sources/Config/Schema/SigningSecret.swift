/// Secrets for signatures of Standard Webhooks.
package enum SigningSecret {
    /// What a secret in base64 starts with.
    static let prefix = "whsec_"

    /// How many bytes the standard recommends; fewer can be guessed.
    static let recommendedBytes = 24...64

    /// The bytes to sign with: what follows `whsec_` is base64, and anything else stands for itself.
    ///
    /// - Throws: what is wrong with one that starts with `whsec_`, without any of it.
    package static func key(of text: String) throws(TextProblem) -> [UInt8] {
        guard text.utf8.starts(with: Self.prefix.utf8) else { return Array(text.utf8) }
        guard let key = Base64.decode(text.utf8.dropFirst(Self.prefix.utf8.count)) else {
            throw TextProblem("must be base64 after \"\(Self.prefix)\" (a secret of another form starts in another way)")
        }
        guard Self.recommendedBytes.contains(key.count) else {
            let limits = "\(Self.recommendedBytes.lowerBound) to \(Self.recommendedBytes.upperBound)"
            throw TextProblem("must have from \(limits) bytes in base64 after \"\(Self.prefix)\"")
        }
        return key
    }
}
