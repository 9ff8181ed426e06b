import NATSTransport

extension StanError {
    /// What the connection below says, with a code that a program can go by.
    init(nats error: any Error, guid: String? = nil) {
        let code: Code =
            switch error as? NATSError {
            case .payloadTooLarge: .tooLarge
            case .tls: .tls
            case .some(let error) where error.isAuthorizationFailure: .authorization
            default: .nats
            }
        self.init(code, "\(error)", guid: guid)
    }
}
