import StanCore

/// Where a new subscription begins to read, with what the position needs.
enum StartPosition {
    case newOnly
    case lastReceived
    case first
    case sequence(UInt64)
    /// Nanoseconds before now.
    case ago(Int64)

    /// - Returns: nil when the request's position is none that the protocol knows.
    init?(_ request: StanWire.SubscriptionRequest) {
        switch StanWire.StartPosition(rawValue: request.startPosition) {
        case .newOnly: self = .newOnly
        case .lastReceived: self = .lastReceived
        case .timeDeltaStart: self = .ago(request.startTimeDelta)
        case .sequenceStart: self = .sequence(request.startSequence)
        case .first: self = .first
        case nil: return nil
        }
    }
}
