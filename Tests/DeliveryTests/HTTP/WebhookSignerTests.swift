import Testing

@testable import Delivery

@Suite("Signatures of webhooks")
struct WebhookSignerTests {
    private static func signature(_ secrets: [String], id: String, seconds: Int64, body: String) throws -> String {
        let signer = try WebhookSigner(secrets: secrets)
        var line = RecordBuffer()
        Array(id.utf8).withUnsafeBytes { id in
            Array(body.utf8).withUnsafeBytes { signer.sign(id: id, seconds: seconds, body: $0, into: &line) }
        }
        return String(decoding: line.bytes, as: UTF8.self)
    }

    // Computed with `openssl dgst -sha256 -hmac` over the same text.
    private static let plain = "v1,n4j+F4HVhuYcG6jIVLTTpXQuzORljk6Azsp+/qDpq0g="

    @Test("the signature is the HMAC-SHA256 of id, time and body, with a secret that is base64 or stands for itself")
    func known() throws {
        // `key` in base64 is `a2V5`.
        let signatures = try ["key", "whsec_a2V5"].map {
            try Self.signature([$0], id: "test-cluster/orders/42", seconds: 1_700_000_000, body: #"{"a":1}"#)
        }
        #expect(signatures == [Self.plain, Self.plain])
    }

    @Test("with several secrets there is a signature for each, in their order; each is that of the secret alone")
    func rotation() throws {
        func sign(_ secrets: [String]) throws -> String { try Self.signature(secrets, id: "i", seconds: 1, body: "b") }
        #expect(try sign(["old", "new"]) == "\(try sign(["old"])) \(try sign(["new"]))")
        #expect(try sign(["old"]) != sign(["new"]))
    }

    @Test("padding of a base64 secret may be there or not")
    func padding() throws {
        func sign(_ secret: String) throws -> String { try Self.signature([secret], id: "i", seconds: 1, body: "b") }
        #expect(try sign("whsec_YWI=") == sign("whsec_YWI"))
        #expect(try sign("whsec_YQ==") == sign("whsec_YQ"))
    }

    @Test(
        "what is no base64 is refused, without being shown",
        arguments: ["whsec_", "whsec_not base64!", "whsec_A", "whsec_YWI=YWI="]
    )
    func refused(secret: String) {
        do {
            _ = try WebhookSigner(secrets: [secret])
            Issue.record("\(secret) was taken")
        } catch {
            #expect(!error.description.contains(secret.dropFirst(6)) || secret == "whsec_")
        }
    }

    @Test("an id has no full stop, and different keys have different ids")
    func ids() {
        func id(_ key: String) -> String {
            var buffer = RecordBuffer()
            Array(key.utf8).withUnsafeBytes { HTTPText.webhookID(ofKey: $0, into: &buffer) }
            return String(decoding: buffer.bytes, as: UTF8.self)
        }
        #expect(id("cluster/orders/42") == "cluster/orders/42")
        #expect(id("cluster/orders.eu/42") == "cluster/orders%2Eeu/42")
        // A per cent sign of a channel's name is in the key as %25.
        #expect(id("cluster/\(HTTPText.percentEncoded("orders%2Eeu"))/42") == "cluster/orders%252Eeu/42")
    }
}
