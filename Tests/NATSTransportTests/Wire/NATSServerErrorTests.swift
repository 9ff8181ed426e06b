import Testing

@testable import NATSTransport

@Suite("-ERR")
struct NATSServerErrorTests {
    @Test(
        "Every complaint that servers have is known by its beginning, whatever its case",
        arguments: [
            ("Authorization Violation", .authorization), ("Authentication Timeout", .authorization),
            ("User Authentication Expired", .authorization), ("User Authentication Revoked", .authorization),
            ("Account Authentication Expired", .authorization),
            ("Permissions Violation for Publish to \"a\"", .permissions),
            ("Permissions Violation for Subscription to \"a\" using queue \"q\"", .permissions),
            ("Invalid Subject", .invalidSubject), ("Invalid Publish Subject", .invalidSubject),
            ("maximum subscriptions exceeded", .subscriptionLimit), ("maximum connections exceeded", .connectionLimit),
            ("maximum account active connections exceeded", .connectionLimit), ("Maximum Payload Violation", .payloadLimit),
            ("maximum control line exceeded", .lineLimit), ("Stale Connection", .staleConnection),
            ("Slow Consumer Detected", .slowConsumer), ("attempted to connect to route port", .wrongPort),
            ("attempted to connect to leaf node port", .wrongPort), ("Unknown Protocol Operation", .protocolMismatch),
            ("invalid client protocol", .protocolMismatch), ("no responders requires headers support", .protocolMismatch),
            ("what is this", .other), ("", .other),
        ] as [(String, NATSServerError.Kind)]
    )
    func kinds(_ text: String, _ kind: NATSServerError.Kind) {
        for text in [text, text.uppercased(), text.lowercased()] {
            let error = NATSServerError(text)
            #expect(error.kind == kind)
            #expect(error.leavesConnectionOpen == [.permissions, .invalidSubject, .subscriptionLimit].contains(kind))
            #expect(NATSError.server(error).isAuthorizationFailure == (kind == .authorization))
            #expect(error.description.hasPrefix("the NATS server said: \(text)"))
        }
    }
}
