import Testing

@testable import Delivery

@Suite("Secrets that an answer repeats")
struct SecretMaskTests {
    private func masked(_ text: String, isCut: Bool = false, _ secrets: String...) -> String {
        Array(text.utf8).withUnsafeBytes {
            String(decoding: SecretMask(secrets).masked($0, isCut: isCut), as: UTF8.self)
        }
    }

    @Test("a secret is hidden wherever it stands, and so is each word of it")
    func hidden() {
        #expect(self.masked("hunter2-hunter2", "hunter2-hunter2") == "***")
        #expect(self.masked("no hunter2-x, hunter2-x!", "hunter2-x") == "no ***, ***!")
        #expect(
            self.masked("Authorization: Bearer abcdefgh12, token abcdefgh12", "Bearer abcdefgh12")
                == "Authorization: ***, token ***"
        )
        // The longer one first, or its end would be seen.
        #expect(self.masked("a secret-one-two b secret-one", "secret-one", "secret-one-two") == "a *** b ***")
        #expect(self.masked("fine", "hunter2-x") == "fine")
        #expect(self.masked("", "hunter2-x") == "")
    }

    @Test("what is too short to be a secret is left as it is")
    func short() {
        #expect(self.masked("Bearer of news", "Bearer abcdefgh12") == "Bearer of news")
        #expect(self.masked("secret", "secret") == "secret")
    }

    @Test("a secret that is cut off by the end is hidden, when there was more")
    func cut() {
        #expect(self.masked("you sent hunter2", isCut: true, "hunter2-hunter2") == "you sent ***")
        #expect(self.masked("you sent hunt", isCut: true, "hunter2-hunter2") == "you sent ***")
        #expect(self.masked("you sent hun", isCut: true, "hunter2-hunter2") == "you sent hun")
        #expect(self.masked("you sent hunter2", isCut: false, "hunter2-hunter2") == "you sent hunter2")
    }

    @Test("of a sink's configuration, path, query, headers and credentials are secret, and the host is not")
    func configuration() {
        var configuration = HTTPSink.Configuration(
            url: "https://billing.example/hooks/0123456789abcdef?key=query-key&v=1",
            headers: [
                .init(name: "X-Api-Key", value: .template([.literal("header-key-"), .channel])),
                .init(name: "Accept", value: "application/json"),
            ]
        )
        configuration.authorization = .bearer(SinkSecret("bearer-token"))
        let mask = SecretMask(configuration, ["bearer-token"])
        func masked(_ text: String) -> String {
            Array(text.utf8).withUnsafeBytes { String(decoding: mask.masked($0, isCut: false), as: UTF8.self) }
        }
        #expect(masked("Cannot POST /hooks/0123456789abcdef?key=query-key&v=1") == "Cannot POST ***")
        #expect(masked("Cannot POST /hooks/0123456789abcdef") == "Cannot POST ***")
        #expect(masked("no hook 0123456789abcdef") == "no hook ***")
        #expect(masked("bad key=query-key") == "bad ***")
        #expect(masked("X-Api-Key: header-key-orders, Bearer bearer-token") == "X-Api-Key: ***orders, Bearer ***")
        #expect(masked("billing.example takes application/json") == "billing.example takes application/json")
    }
}
