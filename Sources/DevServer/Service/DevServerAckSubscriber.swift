import NATSTransport

/// Brings the acks of one subscription to the state machine.
final class DevServerAckSubscriber: NATSSubscriber {
    private let core: DevServerCore
    private let id: SubscriptionID

    init(_ core: DevServerCore, _ id: SubscriptionID) {
        self.core = core
        self.id = id
    }

    func received(_ message: borrowing NATSMessage) {
        self.core.ackReceived(message, on: self.id)
    }

    func readCompleted() {
        self.core.readCompleted()
    }
}
