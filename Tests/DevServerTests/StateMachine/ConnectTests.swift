import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Connect")
struct ConnectTests {
    private static let replaced = "client has been replaced or is no longer registered"

    @Test("A protocol 1 request is answered with the subjects and the echoed ping values")
    func subjects() {
        let bench = ServerBench()
        #expect(bench.connect(pingInterval: 7, pingMaxOut: 9) == ["connected"])
        #expect(
            bench.lastConnectResponse
                == StanWire.ConnectResponse(
                    pubPrefix: "_STAN.pub.test-cluster",
                    subRequests: "_STAN.sub.test-cluster",
                    unsubRequests: "_STAN.unsub.test-cluster",
                    closeRequests: "_STAN.close.test-cluster",
                    subCloseRequests: "_STAN.subclose.test-cluster",
                    pingRequests: "_STAN.discover.test-cluster.pings",
                    pingInterval: 7,
                    pingMaxOut: 9,
                    protocolVersion: 1
                )
        )
    }

    @Test("A protocol 0 request is answered without ping fields, and with protocol 1")
    func protocolZero() {
        let bench = ServerBench()
        #expect(bench.connect(protocolVersion: 0) == ["connected"])
        #expect(bench.lastConnectResponse.pingRequests.isEmpty)
        #expect(bench.lastConnectResponse.pingInterval == 0)
        #expect(bench.lastConnectResponse.pingMaxOut == 0)
        #expect(bench.lastConnectResponse.protocolVersion == 1)
    }

    @Test("A request without a heartbeat inbox, without content, or of garbage is invalid", arguments: ["", "\u{a}", "none"])
    func invalidRequest(_ text: String) {
        let bench = ServerBench()
        let noInbox = StanWire.ConnectRequest(clientID: "me", protocolVersion: 1).encoded()
        let payload = text == "none" ? noInbox : ByteBuffer(string: text)
        #expect(bench.connect(raw: payload) == ["stan: invalid connection request"])
    }

    @Test("A client ID has letters, digits, - and _ only", arguments: ["", "a.b", "a b", "a\nb", "aé", "a*"])
    func invalidClientID(_ id: String) {
        let bench = ServerBench()
        #expect(
            bench.connect(id, heartbeat: "hb")
                == ["stan: invalid clientID: only alphanumeric and `-` or `_` characters allowed"]
        )
    }

    @Test("A long client ID is fine")
    func longClientID() {
        #expect(ServerBench().connect(String(repeating: "aZ0-_", count: 60)) == ["connected"])
    }

    @Test("A client ID whose owner answers is refused")
    func duplicateAlive() {
        let bench = ServerBench()
        bench.connect()
        #expect(bench.connect(connection: "c2") == ["stan: clientID already registered"])
        #expect(bench.ping() == ["pong"])
    }

    @Test("A client ID whose owner has no heartbeat interest is taken over at once")
    func duplicateGone() {
        let bench = ServerBench()
        bench.connect()
        bench.hearts["hb.me"] = .gone
        #expect(bench.connect(connection: "c2", heartbeat: "hb.2") == ["connected"])
    }

    @Test("A client ID whose owner is silent is taken over after 500 ms; a second claim meanwhile fails at once")
    func duplicateSilent() {
        let bench = ServerBench()
        bench.connect()
        bench.hearts["hb.me"] = .silent
        #expect(bench.connect(connection: "c2", heartbeat: "hb.2") == [])
        #expect(bench.advance(by: .milliseconds(499)) == [])
        #expect(bench.connect(connection: "c3", heartbeat: "hb.3") == ["stan: clientID already registered"])
        #expect(bench.advance(by: .milliseconds(1)) == ["connected"])
        #expect(bench.ping("c2") == ["pong"])
        #expect(bench.ping("c3") == [Self.replaced])
    }

    @Test("An owner that closes while it is asked makes room")
    func ownerClosesDuringCheck() {
        let bench = ServerBench()
        bench.connect()
        bench.hearts["hb.me"] = .silent
        #expect(bench.connect(connection: "c2", heartbeat: "hb.2") == [])
        #expect(bench.close() == ["closed"])
        #expect(bench.advance(by: .milliseconds(500)) == ["connected"])
    }

    @Test("After replacement a ping with the old connection ID fails and with the new one succeeds")
    func pingAfterReplacement() {
        let bench = Self.replacedBench()
        #expect(bench.ping("c-me") == [Self.replaced])
        #expect(bench.ping("c2") == ["pong"])
        #expect(bench.lastPayload.readableBytes == 0)
    }

    @Test("After replacement a publish with the old connection ID fails and with the client ID alone succeeds")
    func publishAfterReplacement() {
        let bench = Self.replacedBench()
        #expect(bench.publish(connection: "c-me", guid: "g") == ["acked g: stan: invalid publish request"])
        #expect(bench.publish(connection: "", guid: "g") == ["acked g"])
    }

    @Test("After replacement old subscriptions get nothing, and durables can be resumed")
    func subscriptionsAfterReplacement() {
        let bench = ServerBench()
        bench.connect()
        bench.subscribe("plain")
        bench.subscribe("durable", durable: "d")
        bench.hearts["hb.me"] = .gone
        bench.connect(connection: "c2", heartbeat: "hb.2")
        #expect(bench.publish(connection: "c2", guid: "g") == ["acked g"])
        #expect(bench.subscribe("again", durable: "d") == ["subscribed", "again:1"])
        #expect(bench.listening.count == 1)
    }

    @Test("A request without reply subject registers the client")
    func noReply() {
        let bench = ServerBench()
        #expect(bench.connect(hasReply: false) == [])
        #expect(bench.ping() == ["pong"])
    }

    @Test("A ping interval of 0 is echoed, with the ping subject")
    func noPings() {
        let bench = ServerBench()
        bench.connect(pingInterval: 0)
        #expect(bench.lastConnectResponse.pingInterval == 0)
        #expect(bench.lastConnectResponse.pingRequests == "_STAN.discover.test-cluster.pings")
    }

    @Test("Cluster ID and discover prefix are in the subjects")
    func ownSubjects() {
        let bench = ServerBench {
            $0.clusterID = "cid"
            $0.discoverPrefix = "find"
        }
        #expect(bench.machine.subjects.connect == "find.cid")
        #expect(bench.machine.subjects.ping == "find.cid.pings")
        #expect(bench.machine.subjects.publish == "_STAN.pub.cid.>")
    }

    private static func replacedBench() -> ServerBench {
        let bench = ServerBench()
        bench.connect()
        bench.hearts["hb.me"] = .gone
        bench.connect(connection: "c2", heartbeat: "hb.2")
        return bench
    }
}
