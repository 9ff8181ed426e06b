import Foundation
import Notation
import TestSupport
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test("reads what others write, of any length", arguments: 1...4 as ClosedRange<UInt64>)
    func others(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.decode(text.utf8) == bytes)
            let bare = text.prefix { $0 != "=" }
            #expect(Base64.decode(bare.utf8, paddingIsOptional: true) == bytes)
            #expect((Base64.decode(bare.utf8) == nil) == (bare.count < text.count))
        }
    }

    @Test(
        "refuses what is none",
        arguments: ["A", "AA=", "AAA==", "AAAA=", "AAAA====", "=", "====", "A===", "AA=A", "AA-_", "AA A", "AAAA\n"]
    )
    func wrong(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
        #expect(Base64.decode(text.utf8, paddingIsOptional: true) == nil)
    }

    @Test("a webhook's secret is base64 where it says so, else its bytes")
    func secrets() {
        #expect(WebhookSecret.key(of: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX") == Array(0..<24))
        #expect(WebhookSecret.key(of: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==") == Array(0..<25))
        #expect(WebhookSecret.key(of: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA") == Array(0..<25))
        #expect(
            WebhookSecret.key(of: "whsec_" + String(repeating: "+/+/", count: 8))
                == Array(repeating: [0xFB, 0xFF, 0xBF], count: 8).flatMap(\.self)
        )
        #expect(WebhookSecret.key(of: "WHSEC_é") == Array("WHSEC_é".utf8))
        #expect(WebhookSecret.key(of: "x whsec_") == Array("x whsec_".utf8))
        #expect(WebhookSecret.key(of: "whsec_!") == nil)
    }
}
