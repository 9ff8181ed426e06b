import TestSupport
import Testing

@testable import NATSTransport

@Suite("NUID")
struct NUIDTests {
    @Test("Names are 22 letters and digits, and all different")
    func form() {
        let names = (0..<10_000).map { _ in NUID.make() }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.count == 22 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
        #expect(Set(names.joined()).count == 62)
    }

    @Test("The same numbers make the same name")
    func seeded() {
        var first = SeededGenerator(seed: 1)
        var second = SeededGenerator(seed: 1)
        #expect(NUID.make(using: &first) == NUID.make(using: &second))
    }

    @Test("An inbox can be published to")
    func inbox() {
        let inbox = NUID.makeInbox()
        #expect(inbox.hasPrefix("_INBOX."))
        #expect(NATSSubject.isPublishable(inbox))
    }
}
