/// Receives the messages of a subscription, on the connection's event loop and straight from the read that brought them.
package protocol NATSSubscriber: AnyObject {
    func received(_ message: borrowing NATSMessage)

    /// All messages of one read of the socket have been given out. Called for each subscriber that received one of them.
    func readCompleted()
}

extension NATSSubscriber {
    package func readCompleted() {}
}

/// A subscriber made of a closure, for subscriptions that get a message now and then.
package final class NATSClosureSubscriber: NATSSubscriber {
    private let body: (borrowing NATSMessage) -> Void

    package init(_ body: @escaping (borrowing NATSMessage) -> Void) {
        self.body = body
    }

    package func received(_ message: borrowing NATSMessage) { self.body(message) }
}
