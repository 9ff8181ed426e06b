import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: connect")
struct ConnectTests {
    private static let badClientID = "stan: invalid clientID: only alphanumeric and `-` or `_` characters allowed"

    @Test("1 A connect request is answered with the subjects, protocol 1, and its own ping values")
    func connect() async throws {
        try await withLab { lab in
            let response = try await lab.session().subjects
            #expect(response.pubPrefix == "_STAN.pub.\(lab.clusterID)" || !response.pubPrefix.isEmpty)
            let subjects = [
                response.subRequests, response.unsubRequests, response.closeRequests, response.subCloseRequests,
                response.pingRequests,
            ]
            #expect(subjects.allSatisfy { !$0.isEmpty } && Set(subjects).count == 5)
            #expect(response.pingRequests == "_STAN.discover.\(lab.clusterID).pings")
            #expect(response.protocolVersion == 1)
            #expect(response.pingInterval == 5)
            #expect(response.pingMaxOut == 88)
        }
    }

    @Test("2 A request of protocol 0 is answered without pings, with protocol 1 all the same")
    func oldProtocol() async throws {
        try await withLab { lab in
            let session = try await Session.connect(try await lab.nats(), lab, id: lab.name("old")) {
                $0.protocolVersion = 0
                $0.connectionID = ByteBuffer()
            }
            #expect(session.subjects.pingRequests.isEmpty)
            #expect(session.subjects.pingInterval == 0)
            #expect(session.subjects.pingMaxOut == 0)
            #expect(session.subjects.protocolVersion == 1)
            #expect(!session.subjects.subCloseRequests.isEmpty)
        }
    }

    @Test("3 A request without heartbeat inbox, an empty one, and garbage are refused", arguments: ["none", "empty", "garbage"])
    func invalidRequest(_ kind: String) async throws {
        try await withLab { lab in
            let payload =
                switch kind {
                case "none": StanWire.ConnectRequest(clientID: lab.name("me"), protocolVersion: 1).encoded()
                case "empty": ByteBuffer()
                default: ByteBuffer(bytes: [0xff, 0xff, 0xff])
                }
            let answer = try await lab.nats().request(payload, to: "_STAN.discover.\(lab.clusterID)")
            let response = try StanWire.ConnectResponse(decoding: answer.payload)
            #expect(response == StanWire.ConnectResponse(error: "stan: invalid connection request"))
        }
    }

    @Test("4 Client IDs have letters, digits, - and _ only", arguments: ["", "a.b", "a b", "a\nb", "ä"])
    func clientID(_ id: String) async throws {
        try await withLab { lab in
            let nats = try await lab.nats()
            await #expect(throws: Refused(error: Self.badClientID)) { try await Session.connect(nats, lab, id: id) }
        }
    }

    @Test("4 A client ID may be long")
    func longClientID() async throws {
        try await withLab { lab in
            let session = try await lab.session(lab.name(String(repeating: "x", count: 300)))
            #expect(try await session.ping() == "")
        }
    }

    @Test("5 The ID of a client that answers is refused, in well under 500 ms")
    func duplicate() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let second = try await lab.nats()
            let start = ContinuousClock.now
            await #expect(throws: Refused(error: "stan: clientID already registered")) {
                try await Session.connect(second, lab, id: session.id)
            }
            #expect(ContinuousClock.now - start < .milliseconds(450))
            #expect(try await session.ping() == "")
        }
    }

    @Test("6 The ID of a client without heartbeat interest is given away at once")
    func replaceGone() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            try await session.heart.set(.gone, on: session.nats)
            let start = ContinuousClock.now
            _ = try await Session.connect(try await lab.nats(), lab, id: session.id)
            #expect(ContinuousClock.now - start < .milliseconds(450))
        }
    }

    @Test("7 The ID of a client that is silent is given away after 500 ms")
    func replaceSilent() async throws {
        try await withLab { lab in
            let session = try await lab.session(heart: .silent)
            let second = try await lab.nats()
            let start = ContinuousClock.now
            _ = try await Session.connect(second, lab, id: session.id)
            let time = ContinuousClock.now - start
            #expect(time > .milliseconds(480) && time < .milliseconds(1500))
        }
    }

    @Test("8 Of two that claim an ID while its owner is asked, the second is refused at once")
    func concurrentClaims() async throws {
        try await withLab { lab in
            let session = try await lab.session(heart: .silent)
            let (second, third) = (try await lab.nats(), try await lab.nats())
            async let first = Self.attempt(second, lab, session.id)
            async let other = Self.attempt(third, lab, session.id)
            let outcomes = try await [first, other].sorted { $0.error < $1.error }
            #expect(outcomes.map(\.error) == ["", "stan: clientID already registered"])
            #expect(outcomes[1].time < .milliseconds(450))
        }
    }

    private static func attempt(
        _ nats: NATSTestClient,
        _ lab: Lab,
        _ id: String
    ) async throws -> (error: String, time: Duration) {
        let start = ContinuousClock.now
        do {
            _ = try await Session.connect(nats, lab, id: id)
            return ("", ContinuousClock.now - start)
        } catch let refused as Refused {
            return (refused.error, ContinuousClock.now - start)
        }
    }

    @Test("9 After a replacement the old connection's ping gets an error and the new one's none")
    func pingAfterReplacement() async throws {
        try await withLab { lab in
            let (old, new) = try await Self.replaced(lab)
            #expect(try await old.ping() == "client has been replaced or is no longer registered")
            #expect(try await new.ping() == "")
        }
    }

    @Test("10 After a replacement the old connection's publish fails; one by client ID alone is taken")
    func publishAfterReplacement() async throws {
        try await withLab { lab in
            let (old, _) = try await Self.replaced(lab)
            var message = old.message(lab.name("foo"))
            #expect(try await old.publish(message) == "stan: invalid publish request")
            message.connectionID = ByteBuffer()
            #expect(try await old.publish(message) == "")
        }
    }

    @Test("11 After a replacement old subscriptions get nothing, and old durables can be resumed")
    func subscriptionsAfterReplacement() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let old = try await lab.session()
            let plain = try await old.subscribe(channel)
            let durable = try await old.subscribe(channel) { $0.durableName = "dur" }
            try await old.publish(to: channel)
            try await plain.expect(["1"])
            try await durable.expect(["1"])
            try await durable.ack(1)
            try await old.heart.set(.gone, on: old.nats)
            let new = try await Session.connect(try await lab.nats(), lab, id: old.id)
            try await new.publish(to: channel)
            let resumed = try await new.subscribe(channel) { $0.durableName = "dur" }
            try await resumed.expect(["2"])
            #expect(plain.words == ["1"])
            #expect(durable.words == ["1"])
        }
    }

    private static func replaced(_ lab: Lab) async throws -> (old: Session, new: Session) {
        let old = try await lab.session()
        try await old.heart.set(.gone, on: old.nats)
        return (old, try await Session.connect(try await lab.nats(), lab, id: old.id))
    }

    @Test("12 A request to an unknown cluster is answered by nobody, at once")
    func unknownCluster() async throws {
        try await withLab { lab in
            let nats = try await lab.nats()
            await #expect(throws: NATSError.noResponders) {
                try await nats.request(ByteBuffer(), to: "_STAN.discover.\(lab.name("other"))")
            }
        }
    }

    @Test("13 A request without a reply subject registers the client all the same")
    func noReply() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let heart = Heart(.beats)
            try await heart.subscribe(on: session.nats)
            let request = StanWire.ConnectRequest(
                clientID: lab.name("quiet"),
                heartbeatInbox: heart.inbox,
                protocolVersion: 1,
                connectionID: ByteBuffer(string: NUID.make())
            )
            try await session.nats.publish(request.encoded(), to: "_STAN.discover.\(lab.clusterID)")
            try await eventually { try await session.ping(request.connectionID).isEmpty }
        }
    }

    @Test("14 A ping interval of 0 is answered with 0, and with the subject of pings")
    func noPings() async throws {
        try await withLab { lab in
            let session = try await Session.connect(try await lab.nats(), lab, id: lab.name("me")) { $0.pingInterval = 0 }
            #expect(session.subjects.pingInterval == 0)
            #expect(!session.subjects.pingRequests.isEmpty)
        }
    }

    @Test("15 A second server with the cluster ID finds the first and does not start")
    func secondServer() async throws {
        try await withLab { lab in
            var options = StanServerOptions()
            options.clusterID = lab.clusterID
            let complete = options
            // The one that is asked may be the real one; the one that asks closes the session that it got.
            await #expect(throws: DevServerError.self) { try await DevServer.start(complete, natsURL: lab.url) }
            _ = try await lab.session()
        }
    }
}
