import Notation

/// Secrets for signatures of Standard Webhooks.
package enum SigningSecret {
    /// How many bytes the standard recommends; fewer can be guessed.
    static let recommendedBytes = 24...64

    /// - Throws: what is wrong with one that starts with `whsec_`, without any of it.
    package static func check(_ text: String) throws(TextProblem) {
        let prefix = WebhookSecret.prefix
        guard let key = WebhookSecret.key(of: text) else {
            throw TextProblem("must be base64 after \"\(prefix)\" (a secret of another form starts in another way)")
        }
        guard !text.utf8.starts(with: prefix.utf8) || Self.recommendedBytes.contains(key.count) else {
            let limits = "\(Self.recommendedBytes.lowerBound) to \(Self.recommendedBytes.upperBound)"
            throw TextProblem("must have from \(limits) bytes in base64 after \"\(prefix)\"")
        }
    }
}
