import Foundation
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Delivery

@Suite("Secrets in files")
struct SecretKeeperTests {
    private static func keeper(_ secrets: [SinkSecret]) -> SecretKeeper {
        SecretKeeper(secrets, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: .at(0))
    }

    @Test("a change is noticed at the next look, which is a second after the last one, and only then")
    func change() throws {
        let directory = try TestDirectory()
        let keeper = Self.keeper([SinkSecret("fixed"), try HTTPSinkRequestTests.secret("one", in: directory)])
        #expect(!keeper.refresh(now: .at(0)) { _, _ in nil })
        try directory.write("two", to: "secret")
        #expect(!keeper.refresh(now: .at(0.9)) { _, _ in nil })
        #expect(keeper.values == ["fixed", "one"])
        #expect(keeper.refresh(now: .at(1)) { _, _ in nil })
        #expect(keeper.values == ["fixed", "two"])
        #expect(!keeper.refresh(now: .at(2)) { _, _ in nil })
    }

    @Test("a file that is gone, empty or holds what cannot be used leaves the secret as it was, until one comes that can")
    func unusable() throws {
        let directory = try TestDirectory()
        let keeper = Self.keeper([try HTTPSinkRequestTests.secret("one", in: directory)])
        var seconds = 0.0
        func refresh() -> Bool {
            seconds += 1
            return keeper.refresh(now: .at(seconds)) { index, value in index == 0 && value.contains("\n") ? "a line break" : nil }
        }
        try FileManager.default.removeItem(atPath: directory.path(of: "secret"))
        #expect(!refresh())
        for content in ["", "no\nheader"] {
            try directory.write(content, to: "secret")
            #expect(!refresh())
            #expect(keeper.values == ["one"])
        }
        try directory.write("two", to: "secret")
        #expect(refresh())
        #expect(keeper.values == ["two"])
    }

    @Test("a secret is in no description and no dump")
    func hidden() {
        let secret = SinkSecret("s3cret")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret)\(String(reflecting: secret))\(dumped)".contains("s3cret"))
    }
}
