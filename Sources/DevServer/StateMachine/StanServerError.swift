/// What the server says no with. Clients match on these, so every byte counts, the missing `stan:` and the misspelling
/// included: they are those of nats-streaming-server 0.25.6.
enum StanServerError {
    static let invalidConnectRequest = "stan: invalid connection request"
    static let invalidClientID = "stan: invalid clientID: only alphanumeric and `-` or `_` characters allowed"
    static let clientIDRegistered = "stan: clientID already registered"

    static let invalidPublishRequest = "stan: invalid publish request"

    static let invalidSubscriptionRequest = "stan: invalid subscription request"
    static let missingClientID = "stan: clientID missing"
    static let invalidAckWait = "stan: invalid ack wait time, should be >= 1s"
    static let invalidMaxInFlight = "stan: invalid MaxInflight, should be >= 1"
    static let invalidStartPosition = "stan: invalid start position"
    static let invalidSubject = "stan: invalid subject"
    static let unknownClientID = "stan: unknown clientID"
    static let duplicateDurable = "stan: duplicate durable registration"
    static let invalidDurableQueueName = "stan: durable name of a durable queue subscriber can't contain the character ':'"

    static let invalidUnsubscribeRequest = "stan: invalid unsubscribe request"
    static let invalidSubscription = "stan: invalid subscription"
    static let unknownChannel = "stan: unknown channel"

    static let invalidCloseRequest = "stan: invalid close request"
    static let clientReplaced = "client has been replaced or is no longer registered"

    static let tooManyChannels = "too many channels"
    static let tooManySubscriptions = "too many subscriptions per channel"

    static func caseConflict(channel: String, existing: String) -> String {
        "rejecting channel \"\(channel)\" because channel \"\(existing)\" alreay exists (different cases not allowed)"
    }
}
