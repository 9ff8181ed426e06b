/// Secrets of Standard Webhooks as text.
package enum WebhookSecret {
    /// What one in base64 starts with.
    package static let prefix = "whsec_"

    /// The bytes to sign with: what follows the prefix is base64, whose padding some leave out, and anything else stands for itself.
    ///
    /// - Returns: nil when it starts with the prefix, and what follows is no base64.
    package static func key(of text: String) -> [UInt8]? {
        guard text.utf8.starts(with: Self.prefix.utf8) else { return Array(text.utf8) }
        return Base64.decode(text.utf8.dropFirst(Self.prefix.utf8.count), paddingIsOptional: true)
    }
}
