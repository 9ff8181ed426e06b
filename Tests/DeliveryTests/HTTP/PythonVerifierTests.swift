import Crypto
import Foundation
import TestSupport
import Testing

/// That the verifiers of the http sink's requests can tell good ones from bad ones.
@Suite("Verifiers in Python", .timeLimit(.minutes(2)))
struct PythonVerifierTests {
    private typealias Request = (headers: [(name: String, value: String)], body: [UInt8])

    private static func signed(_ body: String, id: String = "a/b/1", key: [UInt8], at time: Date = Date()) -> Request {
        let seconds = Int(time.timeIntervalSince1970)
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(seconds).\(body)".utf8), using: SymmetricKey(data: key))
        let signature = "v1,\(Data(code).base64EncodedString())"
        let headers = [("Webhook-Id", id), ("webhook-timestamp", "\(seconds)"), ("webhook-signature", signature)]
        return (headers, Array(body.utf8))
    }

    @Test("a signature is good with its secret, and bad with any other byte, secret, id or time, or without one")
    func webhooks() async throws {
        let key: [UInt8] = Array("a secret of ours".utf8)
        let good = Self.signed(#"{"a":1} ü"#, key: key)
        var otherByte = good
        otherByte.body[1] ^= 1
        var otherID = good
        otherID.headers[0].value += "1"
        var otherTime = good
        otherTime.headers[1].value = "\(Int(Date().timeIntervalSince1970) + 1)"
        let old = Self.signed("{}", key: key, at: Date(timeIntervalSinceNow: -3600))
        var unsigned = good
        unsigned.headers.removeLast()
        var twice = good
        twice.headers.append(good.headers[0])
        // As while secrets are exchanged.
        var two = good
        two.headers[2].value = "v1,\(Data(count: 32).base64EncodedString()) \(good.headers[2].value)"

        let requests = [good, otherByte, otherID, otherTime, old, unsigned, twice, two]
        let expected = [
            nil, "WebhookVerificationError: No matching signature found", "WebhookVerificationError: No matching signature found",
            "WebhookVerificationError: No matching signature found", "WebhookVerificationError: Message timestamp too old",
            "WebhookVerificationError: Missing required headers", "ValueError: the header Webhook-Id is there twice", nil,
        ]
        #expect(try await PythonVerifier.verify(.webhook(secret: "a secret of ours"), requests).map(\.complaint) == expected)
        let secret = "whsec_\(Data(key).base64EncodedString())"
        #expect(try await PythonVerifier.verify(.webhook(secret: secret), requests).map(\.complaint) == expected)
        let complaint = try await PythonVerifier.verify(.webhook(secret: "another"), [good])[0].complaint
        #expect(complaint == "WebhookVerificationError: No matching signature found")
    }

    private static let attributes = [
        ("ce-specversion", "1.0"), ("ce-id", "42"), ("ce-source", "/stan/c/%C3%BC"), ("CE-Type", "%22order%22"),
        ("ce-time", "2020-09-13T12:26:40.123456789Z"), ("ce-stanredelivered", "true"),
    ]

    private static func request(_ contentType: String, _ body: String, _ headers: [(String, String)] = []) -> Request {
        (headers.map { (name: $0.0, value: $0.1) } + [("Content-Type", contentType), ("Content-Length", "1")], Array(body.utf8))
    }

    @Test("an event in headers is read, with its data as its content type has it")
    func binary() async throws {
        let requests = [
            Self.request("application/json", #"{"b": [1, "ü"], "a": null}"#, Self.attributes),
            Self.request("application/octet-stream", "no JSON", Self.attributes),
            Self.request("application/json", "", Self.attributes),
        ]
        let verdicts = try await PythonVerifier.verify(.cloudEvents, requests)
        #expect(verdicts.map(\.complaint) == [nil, nil, nil])
        #expect(verdicts.map { $0.events.map(\.text) } == [[#"{"a":null,"b":[1,"ü"]}"#], ["no JSON"], [nil]])
        #expect(
            verdicts[0].events[0].attributes == [
                "specversion": "1.0", "id": "42", "source": "/stan/c/ü", "type": "\"order\"",
                "datacontenttype": "application/json",
                "time": "2020-09-13T12:26:40.123456+00:00", "stanredelivered": "true",
            ]
        )
    }

    @Test("events in a body are read, one, a list or a line each")
    func structured() async throws {
        func event(_ id: Int, _ data: String) -> String {
            #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"t","time":"2020-09-13T12:26:40Z",\#(data)}"#
        }
        let json = event(1, #""datacontenttype":"application/json","data":{"b":1, "a":"x"}"#)
        let bytes = event(2, #""n":3,"flag":true,"datacontenttype":"application/octet-stream","data_base64":"AP8=""#)
        let requests = [
            Self.request("application/cloudevents+json; charset=utf-8", json),
            Self.request("application/cloudevents-batch+json", "[\(json),\(bytes)]"),
            Self.request("application/x-ndjson", "\(json)\n\(bytes)\n"),
        ]
        let verdicts = try await PythonVerifier.verify(.cloudEvents, requests)
        #expect(verdicts.map(\.complaint) == [nil, nil, nil])
        #expect(verdicts.map { $0.events.map { $0.attributes["id"] } } == [["1"], ["1", "2"], ["1", "2"]])
        let last = try #require(verdicts[2].events.last)
        #expect(verdicts[0].events[0].text == #"{"a":"x","b":1}"#)
        #expect(last.bytes == [0, 0xFF])
        #expect(last.attributes["n"] == "3")
        #expect(last.attributes["flag"] == "true")
    }

    @Test("what is no event is refused, and says why")
    func refused() async throws {
        func without(_ name: String) -> [(String, String)] { Self.attributes.filter { $0.0 != name } }
        func with(_ name: String, _ value: String) -> [(String, String)] { without(name) + [(name, value)] }
        let headers =
            ["ce-id", "ce-source", "CE-Type", "ce-specversion"].map(without)
            + [
                with("ce-id", ""), with("ce-time", "yesterday"), with("ce-time", "2020-09-13T12:26:40"),
                with("ce-Not_a_name", "1"),
            ]
        let bodies = [
            #"{"specversion":"1.0","source":"/s","type":"t"}"#, #"{"specversion":"1.0","id":1,"source":"/s","type":"t"}"#,
            #"{"specversion":"1.0","id":"1","source":"/s","type":"t","A":"x"}"#, #"{"specversion":"1.0","id":"1"#, "[]", "",
            #"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":NaN}"#,
        ]
        let whole = #"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#
        let requests =
            headers.map { Self.request("application/json", "{}", $0) }
            + bodies.map { Self.request("application/cloudevents+json", $0) }
            + [
                Self.request("application/json", "{", Self.attributes), Self.request("application/json", whole),
                Self.request("application/cloudevents-batch+json", "[\(whole),{}]"),
            ]
        let verdicts = try await PythonVerifier.verify(.cloudEvents, requests)
        for (request, verdict) in zip(requests, verdicts) {
            #expect(verdict.complaint != nil, "\(request.headers) \(String(decoding: request.body, as: UTF8.self))")
        }
        #expect(verdicts[0].complaint == "MissingRequiredFields: Missing required attributes: {'ce-id'}")
        #expect(verdicts[headers.count].complaint == "MissingRequiredFields: Missing required attributes: {'id'}")
    }
}
