import NATSTransport
import Synchronization

/// Passes on what a connection tells to everybody who wants to hear it. Slow listeners lose the oldest events, never hold anybody up.
final class TransportEvents: Sendable {
    /// How many events wait for a listener.
    static let capacity = 256

    private struct State {
        var listeners: [UInt64: AsyncStream<StanTransport.Event>.Continuation] = [:]
        var lastNumber: UInt64 = 0

        /// The last event that says how the connection stands.
        var standing: StanTransport.Event?
    }

    private let state = Mutex(State())

    /// Begins with how the connection stands, and goes on with what happens from now on.
    func listen() -> AsyncStream<StanTransport.Event> {
        let (events, continuation) = AsyncStream.makeStream(
            of: StanTransport.Event.self,
            bufferingPolicy: .bufferingNewest(Self.capacity)
        )
        let number = self.state.withLock { state -> UInt64? in
            if let standing = state.standing { continuation.yield(standing) }
            if state.standing == .closed { return nil }
            state.lastNumber += 1
            state.listeners[state.lastNumber] = continuation
            return state.lastNumber
        }
        if let number {
            continuation.onTermination = { [weak self] _ in
                _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
            }
        } else {
            continuation.finish()
        }
        return events
    }

    /// How many listen.
    var count: Int { self.state.withLock { $0.listeners.count } }

    func tell(_ event: StanTransport.Event) {
        // Finished outside of the lock: the end of a stream calls back.
        let finished = self.state.withLock { state in
            for listener in state.listeners.values { listener.yield(event) }
            switch event {
            case .connected, .disconnected: state.standing = event
            case .closed:
                state.standing = event
                defer { state.listeners = [:] }
                return Array(state.listeners.values)
            case .connectFailed, .serverError, .lameDuck, .gaveUp: break
            }
            return []
        }
        for listener in finished { listener.finish() }
    }
}

/// Hears what the connection says, on its event loop.
final class TransportObserver: NATSConnectionObserver {
    private let events: TransportEvents

    init(_ events: TransportEvents) {
        self.events = events
    }

    func natsConnected(to server: NATSServerAddress, info: ServerInfo) {
        self.events.tell(.connected(server: "\(server)"))
    }

    func natsDisconnected(from server: NATSServerAddress, error: NATSError) {
        self.events.tell(.disconnected(server: "\(server)", StanTransport.Failure(error)))
    }

    func natsConnectFailed(to server: NATSServerAddress, error: NATSError) {
        self.events.tell(.connectFailed(server: "\(server)", StanTransport.Failure(error)))
    }

    func natsServerError(_ error: NATSServerError) {
        self.events.tell(.serverError(StanTransport.Failure(error)))
    }

    func natsLameDuck(_ server: NATSServerAddress) {
        self.events.tell(.lameDuck(server: "\(server)"))
    }

    func natsGaveUp(on server: NATSServerAddress, error: NATSError) {
        self.events.tell(.gaveUp(server: "\(server)", StanTransport.Failure(error)))
    }

    func natsClosed() {
        self.events.tell(.closed)
    }
}
