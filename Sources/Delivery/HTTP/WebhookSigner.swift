import Crypto
import Notation

/// Signs requests as Standard Webhooks 1.0.0 has it: an HMAC-SHA256 over id, time and body.
struct WebhookSigner: Sendable {
    private let keys: [SymmetricKey]

    /// - Parameter secrets: one for each signature: while a secret is exchanged for another one, receivers know either.
    /// - Throws: what is wrong with one of them, without any of it.
    init(secrets: [String]) throws(SinkError) {
        var keys: [SymmetricKey] = []
        for secret in secrets { keys.append(SymmetricKey(data: try Self.key(secret))) }
        self.keys = keys
    }

    private static func key(_ secret: String) throws(SinkError) -> [UInt8] {
        guard let key = WebhookSecret.key(of: secret), !key.isEmpty else {
            throw SinkError("a signing secret begins with \(WebhookSecret.prefix), and what follows is no base64")
        }
        return key
    }

    /// Appends the value of `webhook-signature`: a signature for each secret, with a space between them.
    ///
    /// - Parameters:
    ///   - id: the bytes of the value of `webhook-id`.
    ///   - seconds: the value of `webhook-timestamp`.
    ///   - body: before it is compressed: that is what programs are given to verify, and the standard's own libraries take text only.
    func sign(id: UnsafeRawBufferPointer, seconds: Int64, body: UnsafeRawBufferPointer, into line: inout RecordBuffer) {
        for (index, key) in self.keys.enumerated() {
            var code = HMAC<SHA256>(key: key)
            code.update(data: id)
            code.update(data: Array(".\(seconds).".utf8))
            code.update(data: body)
            line.append(index == 0 ? "v1," : " v1,")
            code.finalize().withUnsafeBytes { line.append(base64: $0) }
        }
    }
}
