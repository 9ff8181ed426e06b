/// What a server says no with. Clients match on these, so every byte counts, the missing `stan:` and the misspelling included: they
/// are those of nats-streaming-server 0.25.6.
package enum StanServerError {
    package static let invalidConnectRequest = "stan: invalid connection request"
    package static let invalidClientID = "stan: invalid clientID: only alphanumeric and `-` or `_` characters allowed"
    package static let clientIDRegistered = "stan: clientID already registered"

    package static let invalidPublishRequest = "stan: invalid publish request"

    package static let invalidSubscriptionRequest = "stan: invalid subscription request"
    package static let missingClientID = "stan: clientID missing"
    package static let invalidAckWait = "stan: invalid ack wait time, should be >= 1s"
    package static let invalidMaxInFlight = "stan: invalid MaxInflight, should be >= 1"
    package static let invalidStartPosition = "stan: invalid start position"
    package static let invalidSubject = "stan: invalid subject"
    package static let unknownClientID = "stan: unknown clientID"
    package static let duplicateDurable = "stan: duplicate durable registration"
    package static let invalidDurableQueueName =
        "stan: durable name of a durable queue subscriber can't contain the character ':'"

    package static let invalidUnsubscribeRequest = "stan: invalid unsubscribe request"
    package static let invalidSubscription = "stan: invalid subscription"
    package static let unknownChannel = "stan: unknown channel"

    package static let invalidCloseRequest = "stan: invalid close request"
    package static let clientReplaced = "client has been replaced or is no longer registered"

    package static let tooManyChannels = "too many channels"
    package static let tooManySubscriptions = "too many subscriptions per channel"

    package static func caseConflict(channel: String, existing: String) -> String {
        "rejecting channel \"\(channel)\" because channel \"\(existing)\" alreay exists (different cases not allowed)"
    }
}
