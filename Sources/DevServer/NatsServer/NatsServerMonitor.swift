import Synchronization

/// Follows what a nats-server says until it is ready, and then until it ends.
final class NatsServerMonitor: Sendable {
    enum Outcome: Sendable {
        case ready(processID: Int32, port: Int)
        case failed(String, output: [String])
    }

    private struct State {
        var processID: Int32?
        var port: Int?
        var outcome: Outcome?
        var failure: String?
        var hasEnded = false
        var lastLines: [String] = []
        var startWaiter: CheckedContinuation<Outcome, Never>?
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// If the server ends now, this is why.
    func giveUp(_ reason: String) {
        self.state.withLock { if $0.failure == nil { $0.failure = reason } }
    }

    func received(_ event: ChildProcess.Event) {
        let resume: () -> Void = self.state.withLock { state in
            switch event {
            case .started(let processID):
                state.processID = processID
                return {}
            case .line(let line):
                if state.lastLines.count == 10 { state.lastLines.removeFirst() }
                state.lastLines.append(line)
                if let port = Self.port(in: line) { state.port = port }
                guard line.hasSuffix("Server is ready"), let processID = state.processID, let port = state.port else {
                    return {}
                }
                return Self.settle(.ready(processID: processID, port: port), &state)
            case .ended(let how):
                state.hasEnded = true
                let settle = Self.settle(.failed(state.failure ?? how, output: state.lastLines), &state)
                let waiters = state.endWaiters
                state.endWaiters = []
                return {
                    settle()
                    for waiter in waiters { waiter.resume() }
                }
            }
        }
        resume()
    }

    func started() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = self.state.withLock { state in
                if state.outcome == nil { state.startWaiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = self.state.withLock { state in
                if !state.hasEnded { state.endWaiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private static func settle(_ outcome: Outcome, _ state: inout State) -> () -> Void {
        guard state.outcome == nil else { return {} }
        state.outcome = outcome
        let waiter = state.startWaiter
        state.startWaiter = nil
        return { waiter?.resume(returning: outcome) }
    }

    /// - Returns: the port in `… Listening for client connections on 127.0.0.1:4222`.
    static func port(in line: String) -> Int? {
        let words = "Listening for client connections on "
        guard line.contains(words), let colon = line.lastIndex(of: ":") else { return nil }
        return Int(line[line.index(after: colon)...])
    }
}
