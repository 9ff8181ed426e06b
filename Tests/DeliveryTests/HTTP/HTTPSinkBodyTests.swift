import Compression
import Delivery
import Foundation
import NIOCore
import Testing

/// What the bodies of requests hold in the formats that are not the message's own bytes.
@Suite("Bodies of the http sink", .timeLimit(.minutes(2)))
struct HTTPSinkBodyTests {
    private static func object(_ bytes: some Sequence<UInt8>) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
    }

    private static func lines(_ body: [UInt8]) -> [[UInt8]] { body.split(separator: 0x0A).map { Array($0) } }

    private static func numbers(_ request: ScriptedReceiver.Request) throws -> [Int] {
        try Self.lines(request.body).map { try #require(Self.object($0)["sequence"] as? Int) }
    }

    // MARK: A message by itself

    @Test("json is the envelope that the file sink writes")
    func json() async throws {
        try await withReceiver(configure: { $0.format = .json }, script: { _ in .ok }) { under, receiver in
            under.deliver([42], body: #"{"a":1}"#, redelivered: true)
            await under.collector.results(1)
            let request = try #require(receiver.requests.first)
            let text =
                #"{"channel":"orders.eu","sequence":42,"timestamp":"2020-09-13T12:26:40.123456789Z","redelivered":true,"data":{"a":1}}"#
            #expect(String(decoding: request.body, as: UTF8.self) == text)
            #expect(request["Content-Type"] == "application/json")
            #expect(request["Stan-Sequence"] == "42")
            #expect(request["Content-Length"] == "\(text.utf8.count)")
        }
    }

    @Test("a CloudEvent in headers has its attributes there and the message's bytes as its body")
    func binaryEvent() async throws {
        try await withReceiver(
            configure: { $0.format = .cloudEvents(type: "com.example.\"order\"") },
            script: { _ in .ok }
        ) { under, receiver in
            under.deliver([42], body: #"{"a":1}"#)
            under.deliver([43], body: "no JSON")
            await under.collector.results(2)
            let requests = receiver.requests.sorted { $0.sequence < $1.sequence }
            let request = try #require(requests.first)
            #expect(request.body == Array(#"{"a":1}"#.utf8))
            #expect(request["ce-specversion"] == "1.0")
            #expect(request["ce-id"] == "42")
            #expect(request["ce-source"] == "/stan/test-cluster/orders.eu")
            #expect(request["ce-type"] == "com.example.%22order%22")
            #expect(request["ce-time"] == "2020-09-13T12:26:40.123456789Z")
            #expect(requests.map { $0["Content-Type"] } == ["application/json", "application/octet-stream"])
            #expect(requests.map { $0["ce-id"] } == ["42", "43"])
        }
    }

    @Test("a CloudEvent as JSON holds JSON as it is and all else in base64")
    func structuredEvent() async throws {
        try await withReceiver(
            configure: { $0.format = .cloudEventsStructured(type: "order") },
            script: { _ in .ok }
        ) { under, receiver in
            under.deliver([1], body: "{\"a\":\n[1, 2]}\r\n")
            under.deliver([2], body: "no JSON")
            await under.collector.results(2)
            let requests = receiver.requests.sorted { $0.sequence < $1.sequence }
            #expect(requests.map { $0["Content-Type"] } == ["application/cloudevents+json", "application/cloudevents+json"])
            let common = [
                "specversion": "1.0", "type": "order", "source": "/stan/test-cluster/orders.eu",
                "time": "2020-09-13T12:26:40.123456789Z",
            ]
            let (first, second) = (try Self.object(requests[0].body), try Self.object(requests[1].body))
            for (key, value) in common { #expect(first[key] as? String == value && second[key] as? String == value) }
            #expect(first["id"] as? String == "1")
            #expect(first["datacontenttype"] as? String == "application/json")
            #expect(first["data"] as? NSDictionary == ["a": [1, 2]])
            #expect(second["datacontenttype"] as? String == "application/octet-stream")
            #expect((second["data_base64"] as? String).flatMap { Data(base64Encoded: $0) } == Data("no JSON".utf8))
            #expect(second["data"] == nil)
        }
    }

    @Test("a channel's name is fit for a URI and for a header")
    func source() async throws {
        try await withReceiver(configure: { $0.format = .cloudEvents(type: "order") }, script: { _ in .ok }) { under, receiver in
            let context = RouteContext(route: "r", channel: "a/ü?#%\"x", cluster: "c", clientID: "i")
            under.deliver([1], context: context)
            await under.collector.results(1)
            #expect(receiver.requests.first?["ce-source"] == "/stan/c/a%252F%25C3%25BC%253F%2523%2525%2522x")
        }
    }

    // MARK: Batches

    private static func batches(
        _ batching: HTTPSink.Configuration.Batching,
        concurrency: Int = 64,
        format: HTTPSink.Configuration.Format = .json,
        script: @escaping @Sendable (ScriptedReceiver.Request) -> ScriptedReceiver.Reply = { _ in .ok },
        _ body: (SinkUnderTest, ScriptedReceiver) async throws -> Void
    ) async throws {
        let configure = { (configuration: inout HTTPSink.Configuration) in
            configuration.batching = batching
            configuration.format = format
            configuration.concurrency = concurrency
        }
        try await withReceiver(configure: configure, script: script, body)
    }

    @Test("a full batch is one request, a line a message, and says how many and which; all are reported")
    func batch() async throws {
        try await Self.batches(.init(maxMessages: 3, maxWait: .hours(1))) { under, receiver in
            under.deliver(1...3, body: "{\"a\":\n1}", attempt: 2)
            await under.collector.results(3)
            #expect(under.collector.delivered.sorted() == [1, 2, 3])
            let request = try #require(receiver.requests.first)
            #expect(receiver.requests.count == 1)
            #expect(try Self.numbers(request) == [1, 2, 3])
            #expect(request.body.last == 0x0A)
            #expect(request["Content-Type"] == "application/x-ndjson")
            #expect(request["Stan-Batch-Count"] == "3")
            #expect(request["Stan-Batch-First-Sequence"] == "1")
            #expect(request["Stan-Batch-Last-Sequence"] == "3")
            #expect(request["Stan-Attempt"] == "2")
            #expect(request["Stan-Sequence"] == nil)
            #expect(request["Stan-Channel"] == "orders.eu")
            #expect(request["Idempotency-Key"] == "test-cluster/orders.eu/1-3")
        }
    }

    @Test("a batch as an array is JSON, of envelopes and of events", arguments: [true, false])
    func array(isEvents: Bool) async throws {
        try await Self.batches(
            .init(maxMessages: 2, maxWait: .hours(1), format: .jsonArray),
            format: isEvents ? .cloudEventsStructured(type: "order") : .json
        ) { under, receiver in
            under.deliver([7, 9], body: "text")
            await under.collector.results(2)
            let request = try #require(receiver.requests.first)
            let array = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [NSDictionary])
            if isEvents {
                #expect(array.map { $0["id"] as? String } == ["7", "9"])
                #expect(request["Content-Type"] == "application/cloudevents-batch+json")
            } else {
                #expect(array.map { $0["sequence"] as? Int } == [7, 9])
                #expect(array.map { $0["text"] as? String } == ["text", "text"])
                #expect(request["Content-Type"] == "application/json")
            }
        }
    }

    @Test("the key of a batch with gaps is that of these messages and no others")
    func keys() async throws {
        try await Self.batches(.init(maxMessages: 3, maxWait: .hours(1)), concurrency: 1) { under, receiver in
            for sequences: [UInt64] in [[1, 2, 9], [1, 3, 9], [1, 2, 9]] { under.deliver(sequences) }
            await under.collector.results(9)
            let keys = try receiver.requests.map { try #require($0["Idempotency-Key"]) }
            #expect(keys.allSatisfy { $0.hasPrefix("test-cluster/orders.eu/1-9/") })
            #expect(keys[0] == keys[2])
            #expect(keys[0] != keys[1])
        }
    }

    @Test(
        "what does not fill a batch leaves when it has waited long enough, and at once when the daemon stops",
        arguments: [true, false]
    )
    func waits(isStopping: Bool) async throws {
        try await Self.batches(.init(maxMessages: 100, maxWait: isStopping ? .hours(1) : .milliseconds(50))) { under, receiver in
            under.deliver(1...5)
            if isStopping { under.sink.drain() }
            await under.collector.results(5)
            let batches = try receiver.requests.map { try Self.numbers($0) }
            #expect(batches == [[1, 2, 3, 4, 5]])
        }
    }

    @Test("a batch that fails is retried as a whole: each message is reported with the reason")
    func failedBatch() async throws {
        try await Self.batches(
            .init(maxMessages: 3, maxWait: .hours(1)),
            script: { _ in .status(503, headers: ["Retry-After: 7"]) }
        ) {
            under,
            receiver in
            under.deliver(1...3)
            await under.collector.results(3)
            #expect(receiver.requests.count == 1)
            #expect(under.collector.failed.map(\.sequence).sorted() == [1, 2, 3])
            for failed in under.collector.failed {
                guard case .retry(let reason, .some(.seconds(7))) = failed.failure else {
                    Issue.record("\(failed)")
                    continue
                }
                #expect(reason.hasPrefix("HTTP 503"))
            }
        }
    }

    @Test(
        "a batch that is rejected is split until the message that is at fault is alone; the others are delivered",
        arguments: 1...16
    )
    func poison(position: UInt64) async throws {
        let isPoisonous: @Sendable (ScriptedReceiver.Request) -> ScriptedReceiver.Reply = { request in
            let text = String(decoding: request.body, as: UTF8.self)
            return text.contains("\"sequence\":\(position),") ? .status(422, body: "bad") : .ok
        }
        try await Self.batches(.init(maxMessages: 16, maxWait: .hours(1)), script: isPoisonous) { under, receiver in
            under.deliver(1...16)
            await under.collector.results(16)
            #expect(under.collector.delivered.sorted() == (1...16).filter { $0 != position })
            #expect(under.collector.failed.map(\.sequence) == [position])
            guard case .rejected(let reason)? = under.collector.failed.first?.failure else { return #expect(Bool(false)) }
            #expect(reason.contains("422") && reason.contains("bad"))
            // Of sixteen: the whole, and both halves four times over.
            #expect(receiver.requests.count == 9)
            #expect(receiver.requests.last?["Stan-Batch-Count"] != nil)
        }
    }

    @Test("10,000 messages in batches: each arrives once, and none is in a batch with more than there may be")
    func many() async throws {
        try await Self.batches(.init(maxMessages: 100, maxWait: .milliseconds(20)), concurrency: 8) { under, receiver in
            for start: UInt64 in stride(from: 1, through: 10_000, by: 77) { under.deliver(start...min(start + 76, 10_000)) }
            await under.collector.results(10_000)
            #expect(under.collector.delivered.sorted() == Array(1...10_000))
            let batches = try receiver.requests.map { try Self.numbers($0) }
            #expect(batches.allSatisfy { $0.count <= 100 && $0 == $0.sorted() })
            #expect(batches.flatMap { $0 }.sorted() == Array(1...10_000))
            #expect(batches.count < 1000)
        }
    }

    // MARK: Compression

    @Test("a body is compressed where that makes it smaller, and says so", arguments: BodyCompressor.Format.allCases)
    func compressed(format: BodyCompressor.Format) async throws {
        try await withReceiver(configure: { $0.compression = format }, script: { _ in .ok }) { under, receiver in
            let long = String(repeating: "hello, ", count: 1000)
            under.deliver([1], body: long)
            under.deliver([2], body: "x")
            await under.collector.results(2)
            let requests = receiver.requests.sorted { $0.sequence < $1.sequence }
            #expect(requests.map { $0["Content-Encoding"] } == [format.rawValue, nil])
            #expect(requests[0].body.count < 200)
            #expect(requests[0]["Content-Length"] == "\(requests[0].body.count)")
            #expect(Array(requests[0].body.prefix(2)) == (format == .gzip ? [0x1F, 0x8B] : [0x28, 0xB5]))
            #expect(requests[1].body == Array("x".utf8))
        }
    }
}
