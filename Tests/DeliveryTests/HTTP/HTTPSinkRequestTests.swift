import Compression
import Crypto
import Delivery
import Foundation
import NIOCore
import TestSupport
import Testing

/// What goes into requests besides the message: configured headers, credentials, signatures.
@Suite("Headers of the http sink", .timeLimit(.minutes(2)))
struct HTTPSinkRequestTests {
    @Test("a header's value can name the channel, the route and the sequence, and nothing in a name can end the line")
    func templates() async throws {
        try await withReceiver(
            configure: {
                $0.headers = [
                    .init(name: "X-Where", value: .template([.channel, .literal(" of "), .route])),
                    .init(name: "X-Which", value: .template([.literal("no. "), .sequence])),
                ]
            },
            script: { _ in .ok }
        ) { under, receiver in
            let context = RouteContext(route: "r 1", channel: "a\r\nX-Evil: yes", cluster: "c", clientID: "i")
            under.deliver([1, 2], context: context)
            await under.collector.results(2)
            let requests = receiver.requests.sorted { $0.sequence < $1.sequence }
            #expect(requests.map { $0["X-Where"] } == Array(repeating: "a%0D%0AX-Evil:%20yes of r%201", count: 2))
            #expect(requests.map { $0["X-Which"] } == ["no. 1", "no. 2"])
            #expect(requests.allSatisfy { $0["X-Evil"] == nil })
        }
    }

    @Test("basic and bearer credentials arrive")
    func credentials() async throws {
        for (authorization, expected) in [
            (
                HTTPSink.Configuration.Authorization.basic(username: "Aladdin", password: SinkSecret("open sesame")),
                "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
            ),
            (.bearer(SinkSecret("t0ken")), "Bearer t0ken"),
        ] {
            try await withReceiver(configure: { $0.authorization = authorization }, script: { _ in .ok }) { under, receiver in
                under.deliver([1])
                await under.collector.results(1)
                #expect(receiver.requests.first?["Authorization"] == expected)
            }
        }
    }

    @Test("a secret that could end its line is refused when the sink opens, and is not shown")
    func injection() async throws {
        for configure: (inout HTTPSink.Configuration) -> Void in [
            { $0.authorization = .bearer(SinkSecret("s3cret\r\nX-Evil: yes")) },
            { $0.headers = [.init(name: "X-Key", value: .secret(SinkSecret("s3cret\n")))] },
            { $0.headers = [.init(name: "X-Key", value: .template([.literal("s3cret\n"), .channel]))] },
        ] {
            var configuration = HTTPSink.Configuration(url: "http://127.0.0.1:9/")
            configure(&configuration)
            do {
                try await withSink(configuration) { _ in Issue.record("it opened") }
            } catch let error as SinkError {
                #expect(error.description.contains("printable ASCII only"))
                #expect(!error.description.contains("s3cret"))
            }
        }
    }

    @Test("a secret's file is read again when it changes, while messages go on")
    func rereadSecret() async throws {
        let directory = try TestDirectory()
        let secret = try Self.secret("one", in: directory)
        let receiver = try await ScriptedReceiver { _ in .ok }
        var configuration = HTTPSink.Configuration(url: receiver.url, concurrency: 1)
        configuration.authorization = .bearer(secret)
        try await withSink(configuration) { under in
            var sequence: UInt64 = 0
            func next() async -> String? {
                sequence += 1
                under.deliver([sequence])
                await under.collector.results(Int(sequence))
                return receiver.requests.last?["Authorization"]
            }
            #expect(await next() == "Bearer one")
            try directory.write("two", to: "secret")
            try await eventually("the new secret is used") { await next() == "Bearer two" }
            #expect(Set(receiver.requests.map { $0["Authorization"] }) == ["Bearer one", "Bearer two"])
            #expect(under.collector.failed.isEmpty)
        }
        await receiver.stop()
    }

    /// A secret in a file named so, as the daemon reads it.
    static func secret(_ content: String, in directory: TestDirectory) throws -> SinkSecret {
        let path = try directory.write(content, to: "secret")
        return SinkSecret(content, file: path) { () throws(SinkError) in
            guard let text = try? String(contentsOfFile: path, encoding: .utf8), !text.isEmpty else {
                throw SinkError("it is empty")
            }
            return text
        }
    }

    @Test("what is signed is the body before it is compressed, alone and in a batch", arguments: [true, false])
    func signedAndCompressed(isBatch: Bool) async throws {
        let body = String(repeating: "hello, ", count: 100)
        try await withReceiver(
            configure: {
                $0.signingSecrets = [SinkSecret("secret")]
                $0.compression = .gzip
                if isBatch { ($0.format, $0.batching) = (.json, .init(maxMessages: 1)) }
            },
            script: { _ in .ok }
        ) { under, receiver in
            under.deliver([42], body: body)
            await under.collector.results(1)
            let request = try #require(receiver.requests.first)
            #expect(request["Content-Encoding"] == "gzip")
            let content =
                isBatch
                ? #"{"channel":"orders.eu","sequence":42,"timestamp":"2020-09-13T12:26:40.123456789Z","text":"\#(body)"}"# + "\n"
                : body
            let id = try #require(request["webhook-id"])
            let signed = "\(id).\(try #require(request["webhook-timestamp"])).\(content)"
            let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: Data("secret".utf8)))
            #expect(request["webhook-signature"] == "v1,\(Data(code).base64EncodedString())")
        }
    }

    @Test("signed requests bear an id without full stops, the time of the attempt, and a signature for each secret")
    func signed() async throws {
        try await withReceiver(
            configure: { $0.signingSecrets = [SinkSecret("old"), SinkSecret("whsec_bmV3")] },
            script: { _ in .ok }
        ) { under, receiver in
            let before = Int(Date().timeIntervalSince1970)
            under.deliver([42])
            await under.collector.results(1)
            let request = try #require(receiver.requests.first)
            #expect(request["webhook-id"] == "test-cluster/orders%2Eeu/42")
            let seconds = try #require(request["webhook-timestamp"].flatMap { Int($0) })
            #expect((before...before + 30).contains(seconds))
            let signatures = try #require(request["webhook-signature"]).split(separator: " ")
            #expect(signatures.count == 2)
            #expect(signatures.allSatisfy { $0.hasPrefix("v1,") && Data(base64Encoded: String($0.dropFirst(3)))?.count == 32 })
            #expect(request["Idempotency-Key"] == "test-cluster/orders.eu/42")
        }
    }
}
