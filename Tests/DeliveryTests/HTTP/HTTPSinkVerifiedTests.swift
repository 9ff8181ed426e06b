import Delivery
import NIOCore
import TestSupport
import Testing

/// What the sink sends, as receivers in Python see it.
@Suite("Requests of the http sink in the eyes of others", .timeLimit(.minutes(2)))
struct HTTPSinkVerifiedTests {
    private static let bodies = ["{\"b\": [1,\r\n \"ü\"], \"a\": null}", "no JSON \u{1F600}", "", "\"text\"", "17", "null"]

    /// The requests for a message with each of the bodies, in their order.
    private func requests(
        context: RouteContext? = nil,
        _ configure: (inout HTTPSink.Configuration) -> Void
    ) async throws -> [ScriptedReceiver.Request] {
        var requests: [ScriptedReceiver.Request] = []
        try await withReceiver(configure: configure, script: { _ in .ok }) { under, receiver in
            for (index, body) in Self.bodies.enumerated() {
                under.deliver([UInt64(index) + 1], body: body, redelivered: index == 1, context: context)
            }
            await under.collector.results(Self.bodies.count)
            requests = receiver.requests.sorted { $0.sequence < $1.sequence }
        }
        return requests
    }

    private func verdicts(
        _ check: PythonVerifier.Check,
        _ requests: [ScriptedReceiver.Request]
    ) async throws -> [PythonVerifier.Verdict] {
        try await PythonVerifier.verify(check, requests.map { ($0.headers, $0.body) })
    }

    @Test("a signed request is good with each of its secrets", arguments: ["whsec_c2VjcmV0IG9uZQ==", "secret one", "another"])
    func signatures(secret: String) async throws {
        let secrets = ["secret one", "another"].map { SinkSecret($0) }
        let requests = try await self.requests { $0.signingSecrets = secrets }
        #expect(requests.count == Self.bodies.count)
        #expect(try await self.verdicts(.webhook(secret: secret), requests).allSatisfy { $0.complaint == nil })
        let others = try await self.verdicts(.webhook(secret: "a third"), requests)
        #expect(others.allSatisfy { $0.complaint == "WebhookVerificationError: No matching signature found" })
    }

    private static let awkward = RouteContext(route: "r", channel: "a.ü/%\"?#b", cluster: "c d", clientID: "i")

    private static let configurations: [(HTTPSink.Configuration.Format, HTTPSink.Configuration.Batching?)] = [
        (.cloudEvents(type: "com.example.\"order\" ü%"), nil), (.cloudEventsStructured(type: "com.example.\"order\" ü%"), nil),
        (.cloudEventsStructured(type: "com.example.\"order\" ü%"), .init(maxMessages: 4, format: .jsonArray)),
        (.cloudEventsStructured(type: "com.example.\"order\" ü%"), .init(maxMessages: 4, format: .ndjson)),
    ]

    @Test("events are read with what they were made of, whichever way they are sent", arguments: Self.configurations)
    func events(format: HTTPSink.Configuration.Format, batching: HTTPSink.Configuration.Batching?) async throws {
        let requests = try await self.requests(context: Self.awkward) {
            $0.format = format
            $0.batching = batching
        }
        let verdicts = try await self.verdicts(.cloudEvents, requests)
        #expect(verdicts.compactMap(\.complaint) == [])
        let events = verdicts.flatMap(\.events)
        #expect(events.map { $0.attributes["id"] } == ["1", "2", "3", "4", "5", "6"])
        #expect(Set(events.map { $0.attributes["type"] }) == ["com.example.\"order\" ü%"])
        #expect(Set(events.map { $0.attributes["source"] }) == ["/stan/c%20d/a.%C3%BC%2F%25%22%3F%23b"])
        #expect(Set(events.map { $0.attributes["time"] }) == ["2020-09-13T12:26:40.123456+00:00"])
        if case .cloudEventsStructured = format {
            #expect(events.map { $0.attributes["stanredelivered"] } == [nil, "true", nil, nil, nil, nil])
        }
        #expect(events[0].text == #"{"a":null,"b":[1,"ü"]}"#)
        #expect(events[1].text == "no JSON \u{1F600}")
        #expect(events[2].text ?? "" == "")
        #expect(events[3...4].map(\.text) == ["\"text\"", "17"])
    }
}
