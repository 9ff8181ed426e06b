import StanCore

/// What it means for whoever wants a subscription that it was not to be had. Pure.
enum SubscriptionRefusal: Equatable {
    /// The server cannot at the moment: it is starting, changes its leader, or did not answer in time.
    case forNow
    /// The server counts a subscription with the durable's name as in use. It can only be an earlier one of our own: the name
    /// belongs to the client id, and that is ours.
    case durableInUse
    /// The server will say the same until somebody changes it, or the configuration.
    case forGood

    init(_ error: StanError) {
        switch error.code {
        case .invalidArgument: self = .forGood
        case .refused where error.message == StanServerError.duplicateDurable: self = .durableInUse
        case .refused where Self.isForGood(error.message): self = .forGood
        default: self = .forNow
        }
    }

    /// `invalid subscription request` is not among them: servers of a partitioned cluster say it to clients that they do not know.
    private static func isForGood(_ text: String) -> Bool {
        Self.textsForGood.contains(text) || text.hasPrefix(Self.caseConflict)
    }

    private static let textsForGood: Set<String> = [
        StanServerError.missingClientID, StanServerError.invalidAckWait, StanServerError.invalidMaxInFlight,
        StanServerError.invalidStartPosition, StanServerError.invalidSubject, StanServerError.invalidDurableQueueName,
        StanServerError.tooManyChannels, StanServerError.tooManySubscriptions,
    ]

    private static let caseConflict = "rejecting channel "
}
