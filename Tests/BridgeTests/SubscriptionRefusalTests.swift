import StanCore
import Testing

@testable import stan_bridged

/// Which refusals are worth asking again soon.
@Suite("Refused subscriptions")
struct SubscriptionRefusalTests {
    @Test(
        "what a server says that cannot at the moment, or did not say in time, is for now",
        arguments: [
            StanError(.refused, "node is not the leader"),
            StanError(.refused, "leadership lost while committing log"),
            StanError(.refused, "raft is already shutdown"),
            StanError(.refused, "stan: channel is being deleted"),
            StanError(.refused, "write /data/orders: no space left on device"),
            // A partitioned cluster says so to a client that it does not know yet.
            StanError(.refused, StanServerError.invalidSubscriptionRequest),
            StanError(.subscribeTimeout, "stan: subscribe request timeout"),
        ]
    )
    func forNow(error: StanError) {
        #expect(SubscriptionRefusal(error) == .forNow)
    }

    @Test(
        "what somebody has to change, in the server or in the configuration, is for good",
        arguments: [
            StanError(.refused, StanServerError.tooManyChannels),
            StanError(.refused, StanServerError.tooManySubscriptions),
            StanError(.refused, StanServerError.invalidSubject),
            StanError(.refused, StanServerError.invalidAckWait),
            StanError(.refused, StanServerError.invalidMaxInFlight),
            StanError(.refused, StanServerError.invalidStartPosition),
            StanError(.refused, StanServerError.invalidDurableQueueName),
            StanError(.refused, StanServerError.caseConflict(channel: "orders", existing: "Orders")),
            StanError(.invalidArgument, "a channel that none can be"),
        ]
    )
    func forGood(error: StanError) {
        #expect(SubscriptionRefusal(error) == .forGood)
    }

    @Test("a durable that is in use is one of ours")
    func durableInUse() {
        #expect(SubscriptionRefusal(StanError(.refused, StanServerError.duplicateDurable)) == .durableInUse)
    }
}
