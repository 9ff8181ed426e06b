import NATSTransport
import NIOCore

/// Brings what comes on one of the server's subjects to the state machine.
final class DevServerSubscriber: NATSSubscriber {
    typealias Event = (
        _ core: DevServerCore,
        _ payload: ByteBuffer,
        _ reply: String?,
        _ time: DevServerCore.Time,
        _ actions: inout [StanServerStateMachine.Action]
    ) -> Void

    private let core: DevServerCore
    private let event: Event

    init(_ core: DevServerCore, _ event: @escaping Event) {
        self.core = core
        self.event = event
    }

    func received(_ message: borrowing NATSMessage) {
        self.core.received(message, self.event)
    }

    func readCompleted() {
        self.core.readCompleted()
    }
}
