import Testing

@testable import NATSTransport

@Suite("Subjects")
struct NATSSubjectTests {
    @Test("Tokens between dots can be published to", arguments: ["a", "a.b", "foo-bar_1.$x", "é.ü", "_INBOX.x.1", "a:b", "a/b"])
    func good(_ subject: String) {
        #expect(NATSSubject.isPublishable(subject))
    }

    @Test(
        "Wildcards, white space, control characters and empty tokens cannot",
        arguments: [
            "", ".", "a.", ".a", "a..b", "*", "a.*", ">", "a.>", "fo*", "a b", "a\tb", "a\r\nb", "a\n", "a\u{0}", "a\u{7f}",
        ]
    )
    func bad(_ subject: String) {
        #expect(!NATSSubject.isPublishable(subject))
    }
}
