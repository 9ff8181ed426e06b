import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: subscribe and start positions")
struct SubscribeTests {
    @Test("40 The answer to a subscription comes before its first message")
    func answerFirst() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(3, to: channel)
            let order = Mailbox<String>()
            let (reply, inbox) = (NUID.makeInbox(), NUID.makeInbox())
            try await session.nats.run { connection in
                _ = connection.subscribe(reply, subscriber: NATSClosureSubscriber { _ in order.append("answer") })
                _ = connection.subscribe(inbox, subscriber: NATSClosureSubscriber { _ in order.append("message") })
                let request = StanWire.SubscriptionRequest(
                    clientID: session.id,
                    subject: channel,
                    inbox: inbox,
                    maxInFlight: 10,
                    ackWaitInSecs: 30,
                    startPosition: StanWire.StartPosition.first.rawValue
                )
                try connection.publish(request.encoded(), to: session.subjects.subRequests, reply: reply)
            }
            #expect(try await order.wait(for: 4) == ["answer", "message", "message", "message"])
        }
    }

    @Test("41 43 What is wrong with a request is said in this order: client missing, ack wait, in flight, start, subject, client")
    func validation() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            var request = StanWire.SubscriptionRequest(subject: "a.*", inbox: "in", startPosition: 9)
            func error() async throws -> String {
                let answer = try await session.nats.request(request.encoded(), to: session.subjects.subRequests)
                return try StanWire.SubscriptionResponse(decoding: answer.payload).error
            }
            #expect(try await error() == "stan: clientID missing")
            request.clientID = lab.name("nobody")
            #expect(try await error() == "stan: invalid ack wait time, should be >= 1s")
            request.ackWaitInSecs = 1
            #expect(try await error() == "stan: invalid MaxInflight, should be >= 1")
            request.maxInFlight = 1
            #expect(try await error() == "stan: invalid start position")
            request.startPosition = 0
            #expect(try await error() == "stan: invalid subject")
            request.subject = lab.name("foo")
            #expect(try await error() == "stan: unknown clientID")
            request.clientID = session.id
            #expect(try await error() == "")
        }
    }

    @Test("42 A channel with wildcards, or none, is refused", arguments: ["", "a.*", ">", "a..b", "a/b"])
    func subject(_ subject: String) async throws {
        try await withLab { lab in
            let session = try await lab.session()
            await #expect(throws: Refused(error: "stan: invalid subject")) { try await session.subscribe(subject) }
        }
    }

    @Test("What is no request at all is refused")
    func garbage() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let garbage = ByteBuffer(bytes: [0x0a, 0xff, 0x01])
            let answer = try await session.nats.request(garbage, to: session.subjects.subRequests)
            let response = try StanWire.SubscriptionResponse(decoding: answer.payload)
            #expect(response.error == "stan: invalid subscription request")
        }
    }

    @Test(
        "44 New only begins after, last received with, the last message; first with the first",
        arguments: [(StanWire.StartPosition.newOnly, ["4"]), (.lastReceived, ["3", "4"]), (.first, ["1", "2", "3", "4"])]
    )
    func positions(_ position: StanWire.StartPosition, _ words: [String]) async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(3, to: channel)
            let sub = try await session.subscribe(channel) { $0.startPosition = position.rawValue }
            try await session.publish(to: channel)
            try await sub.expect(words)
        }
    }

    @Test("45 A start sequence before the first message begins with it", .enabled(if: Lab.canConfigure), arguments: [0, 1, 3])
    func earlySequence(_ sequence: UInt64) async throws {
        try await withLab {
            $0.limits.maxMessages = 3
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(5, to: "foo")
            try await Self.subscribe(session, "foo", at: sequence).expect(["3", "4", "5"])
        }
    }

    @Test("46 A start sequence that is there begins with it; one after the last message is not waited for")
    func lateSequence() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(3, to: channel)
            let exact = try await Self.subscribe(session, channel, at: 2)
            let late = try await Self.subscribe(session, channel, at: 10)
            try await session.publish(to: channel)
            try await exact.expect(["2", "3", "4"])
            try await late.expect(["4"])
        }
    }

    @Test("47 A start time begins with the first message that is not older; now or later means new ones")
    func startTime() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(2, to: channel)
            try await Task.sleep(for: .milliseconds(1200))
            try await session.publish(to: channel)
            var subs: [Sub] = []
            for delta in [0, -1_000_000_000, 3_600_000_000_000, 900_000_000] as [Int64] {
                subs.append(
                    try await session.subscribe(channel) {
                        $0.startPosition = StanWire.StartPosition.timeDeltaStart.rawValue
                        $0.startTimeDelta = delta
                    }
                )
            }
            try await session.publish(to: channel)
            for (sub, words) in zip(subs, [["4"], ["4"], ["1", "2", "3", "4"], ["3", "4"]]) { try await sub.expect(words) }
        }
    }

    @Test("48 Every position in an empty channel begins with 1", arguments: 0...4)
    func emptyChannel(_ position: Int32) async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) {
                $0.startPosition = position
                $0.startSequence = 10
                $0.startTimeDelta = 1_000_000_000
            }
            try await session.publish(to: channel)
            try await sub.expect(["1"])
        }
    }

    @Test("49 When all messages are too old every position begins with the next", .enabled(if: Lab.canConfigure))
    func allExpired() async throws {
        try await withLab {
            $0.limits.maxAge = .seconds(1)
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(3, to: "foo")
            try await eventually("all are too old") {
                let probe = try await session.subscribe("foo")
                try await Task.sleep(for: .milliseconds(100))
                try await probe.unsubscribe()
                return probe.words.isEmpty
            }
            let first = try await session.subscribe("foo")
            let last = try await session.subscribe("foo") { $0.startPosition = StanWire.StartPosition.lastReceived.rawValue }
            let sequence = try await Self.subscribe(session, "foo", at: 1)
            try await session.publish(to: "foo")
            for sub in [first, last, sequence] { try await sub.expect(["4"]) }
        }
    }

    @Test("50 Messages that a limit took away are passed over", .enabled(if: Lab.canConfigure))
    func gap() async throws {
        try await withLab {
            $0.limits.maxMessages = 3
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(to: "foo")
            let sub = try await session.subscribe("foo") { $0.maxInFlight = 1 }
            try await sub.expect(["1"])
            try await session.publish(5, to: "foo")
            try await sub.ack(1)
            try await sub.expect(["1", "4"])
        }
    }

    @Test("51 Ack wait and messages in flight may be as large as they can be written")
    func largest() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) {
                $0.maxInFlight = .max
                $0.ackWaitInSecs = .max
            }
            try await session.publish(20, to: channel)
            try await sub.expect((1...20).map { "\($0)" })
        }
    }

    @Test("52 Beyond the limit of subscriptions, offline durables included, new ones are refused", .enabled(if: Lab.canConfigure))
    func tooMany() async throws {
        try await withLab {
            $0.limits.maxSubscriptions = 2
        } _: { lab in
            let session = try await lab.session()
            try await session.subscribe("foo") { $0.durableName = "dur" }.close()
            let plain = try await session.subscribe("foo")
            await #expect(throws: Refused(error: "too many subscriptions per channel")) { try await session.subscribe("foo") }
            try await plain.close()
            _ = try await session.subscribe("foo")
            _ = try await session.subscribe("foo") { $0.durableName = "dur" }
            _ = try await session.subscribe("bar")
        }
    }

    @Test("53 Of a backlog exactly as many come as may be in flight")
    func backlog() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(10, to: channel)
            let sub = try await session.subscribe(channel) { $0.maxInFlight = 4 }
            try await sub.expect(["1", "2", "3", "4"])
        }
    }

    private static func subscribe(_ session: Session, _ channel: String, at sequence: UInt64) async throws -> Sub {
        try await session.subscribe(channel) {
            $0.startPosition = StanWire.StartPosition.sequenceStart.rawValue
            $0.startSequence = sequence
        }
    }
}
