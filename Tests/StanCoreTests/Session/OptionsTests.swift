import NIOCore
import Testing

@testable import StanCore

@Suite("Options of sessions and subscriptions")
struct OptionsTests {
    private func options(_ change: (inout StanSubscriptionOptions) -> Void) -> StanSubscriptionOptions {
        var options = StanSubscriptionOptions()
        change(&options)
        return options
    }

    @Test("125 An ack wait of anything but whole seconds is refused here, for the protocol would cut it off")
    func ackWait() {
        for bad in [
            TimeAmount.zero, .milliseconds(500), .milliseconds(1500), .nanoseconds(1_000_000_001), .seconds(-1), .hours(1 << 20),
        ] {
            #expect(throws: StanError.self) { try self.options { $0.ackWait = bad }.validate() }
        }
        for good in [TimeAmount.seconds(1), .minutes(2), .seconds(Int64(Int32.max))] {
            #expect(throws: Never.self) { try self.options { $0.ackWait = good }.validate() }
        }
    }

    @Test("A colon is refused where it would name a durable queue group, and nowhere else")
    func colons() {
        #expect(throws: StanError.self) { try self.options { $0.queueGroup = "dur:g" }.validate() }
        #expect(throws: StanError.self) {
            try self.options {
                $0.queueGroup = "g"
                $0.durableName = "a:b"
            }.validate()
        }
        #expect(throws: Never.self) { try self.options { $0.durableName = "a:b" }.validate() }
        #expect(throws: StanError.self) { try self.options { $0.maxInFlight = 0 }.validate() }
    }

    @Test(
        "Start positions are put as the protocol has them",
        arguments: [
            (.newOnly, .newOnly, 0, 0), (.lastReceived, .lastReceived, 0, 0), (.first, .first, 0, 0),
            (.sequence(22), .sequenceStart, 22, 0), (.ago(.seconds(3)), .timeDeltaStart, 0, 3_000_000_000),
            (.time(400), .timeDeltaStart, 0, 600), (.time(1500), .timeDeltaStart, 0, 0),
            (.time(.min), .timeDeltaStart, 0, .max), (.time(.max), .timeDeltaStart, 0, 0),
            (.time(-5), .timeDeltaStart, 0, 1005), (.ago(.seconds(-3)), .timeDeltaStart, 0, 0),
        ] as [(StanSubscriptionOptions.Start, StanWire.StartPosition, UInt64, Int64)]
    )
    func start(_ start: StanSubscriptionOptions.Start, _ position: StanWire.StartPosition, _ sequence: UInt64, _ delta: Int64) {
        let request = self.options { $0.start = start }.request(clientID: "me", channel: "foo", inbox: "in", now: 1000)
        #expect(request.startPosition == position.rawValue)
        #expect(request.startSequence == sequence)
        #expect(request.startTimeDelta == delta)
        #expect(request.maxInFlight == 1024)
        #expect(request.ackWaitInSecs == 30)
    }

    @Test("Client ids of other than letters, digits, - and _ are refused", arguments: ["", "a.b", "a b", "é", "a\n", "a/b"])
    func clientID(_ id: String) {
        #expect(throws: StanError.self) { try StanConfiguration(clusterID: "c", clientID: id).validate() }
        #expect(throws: Never.self) { try StanConfiguration(clusterID: "c", clientID: "aZ0-_").validate() }
    }

    @Test("111 Ping options that a session could not live with are refused")
    func pings() {
        func validate(_ change: (inout StanConfiguration) -> Void) throws {
            var configuration = StanConfiguration(clusterID: "c", clientID: "me")
            change(&configuration)
            try configuration.validate()
        }
        #expect(throws: StanError.self) { try validate { $0.pingInterval = .milliseconds(999) } }
        #expect(throws: StanError.self) { try validate { $0.pingMaxOut = 1 } }
        #expect(throws: StanError.self) { try validate { $0.maxPubAcksInFlight = 0 } }
        #expect(throws: StanError.self) { try validate { $0.clusterID = "" } }
        #expect(throws: Never.self) {
            try validate {
                $0.pingInterval = .seconds(1)
                $0.pingMaxOut = 2
            }
        }
    }

    @Test("Channels", arguments: ["foo", "foo.bar", "a:b", "$x", "é", "a\\b"])
    func goodChannel(_ name: String) {
        #expect(StanChannel.problem(with: name) == nil)
    }

    @Test(
        "What is no channel",
        arguments: ["", ".", "a.", ".a", "a..b", "a*", "*", "a.>", "a/b", "a b", "a\tb", "a\r\nPING", "\u{0}"]
    )
    func badChannel(_ name: String) {
        #expect(StanChannel.problem(with: name) != nil)
    }
}
