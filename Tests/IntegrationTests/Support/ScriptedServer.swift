import NATSTransport
import NIOCore
import StanCore
import Synchronization
import TestSupport

/// A STAN server that takes sessions and subscriptions, after it has said to the first requests what a test wants.
final class ScriptedServer: Sendable {
    enum Answer: Sendable {
        case taken
        case refused(String)
        case none
    }

    private struct State {
        var connects: [String]
        var subscribes: [Answer]
        var onClose: @Sendable (inout [Answer]) -> Void = { _ in }
        var connectCount = 0
        var closeCount = 0
        var requests: [StanWire.SubscriptionRequest] = []
        var takenBack: [String] = []
    }

    private let state: Mutex<State>

    private init(connects: [String], subscribes: [Answer]) {
        self.state = Mutex(State(connects: connects, subscribes: subscribes))
    }

    /// - Parameters:
    ///   - connects: the errors that the first connect requests get.
    ///   - subscribes: what the first requests to subscribe get, in all sessions.
    static func with(
        connects: [String] = [],
        subscribes: [Answer] = [],
        _ body: (StanTestServer, ScriptedServer) async throws -> Void
    ) async throws {
        try await FakeServer.with { server, fake in
            let script = ScriptedServer(connects: connects, subscribes: subscribes)
            let response = fake.connectResponse
            try await fake.answer(fake.discoverSubject) { _ in script.connect(response).encoded() }
            try await fake.answer(response.subRequests) { script.subscribe($0.payload) }
            try await fake.answer(response.closeRequests) { _ in script.close() }
            try await fake.answer(response.pingRequests) { _ in ByteBuffer() }
            let takenBack = try await fake.nats.subscribe(response.subCloseRequests)
            let listening = Task {
                for await message in takenBack {
                    guard let request = try? StanWire.UnsubscribeRequest(decoding: message.payload) else { continue }
                    script.state.withLock { $0.takenBack.append(request.inbox) }
                }
            }
            defer { listening.cancel() }
            try await body(server, script)
        }
    }

    var connectCount: Int { self.state.withLock { $0.connectCount } }
    var closeCount: Int { self.state.withLock { $0.closeCount } }
    var requests: [StanWire.SubscriptionRequest] { self.state.withLock { $0.requests } }

    /// The inboxes of subscriptions that the client has ended, or taken back without knowing of their success.
    var takenBack: [String] { self.state.withLock { $0.takenBack } }

    /// What requests to subscribe get from the end of a session on.
    func onClose(_ change: @escaping @Sendable (inout [Answer]) -> Void) {
        self.state.withLock { $0.onClose = change }
    }

    private func connect(_ response: StanWire.ConnectResponse) -> StanWire.ConnectResponse {
        self.state.withLock { state in
            state.connectCount += 1
            return state.connects.isEmpty ? response : StanWire.ConnectResponse(error: state.connects.removeFirst())
        }
    }

    private func subscribe(_ payload: ByteBuffer) -> ByteBuffer? {
        guard let request = try? StanWire.SubscriptionRequest(decoding: payload) else { return nil }
        let answer = self.state.withLock { state in
            state.requests.append(request)
            return state.subscribes.isEmpty ? Answer.taken : state.subscribes.removeFirst()
        }
        switch answer {
        case .taken: return StanWire.SubscriptionResponse(ackInbox: request.inbox + ".acks").encoded()
        case .refused(let error): return StanWire.SubscriptionResponse(error: error).encoded()
        case .none: return nil
        }
    }

    private func close() -> ByteBuffer {
        self.state.withLock { state in
            state.closeCount += 1
            state.onClose(&state.subscribes)
        }
        return ByteBuffer()
    }
}
