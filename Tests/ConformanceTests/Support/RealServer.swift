import Glibc
import NATSTransport
import NIOCore
import StanCore
import Synchronization
import TestSupport

@testable import DevServer

/// A nats-streaming-server that the suite starts and stops itself.
final class RealServer: Sendable {
    /// `STAN_TEST_SERVER`: the program.
    static let executable: String? = getenv("STAN_TEST_SERVER").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }

    private struct State {
        var processID: pid_t?
        var hasEnded = false
        var lastLines: [String] = []
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let child: ChildProcess
    private let state: Box<State>

    private final class Box<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    /// Starts the server and waits until it answers the pings of STAN clients.
    static func start(_ program: String, clusterID: String, natsURL: String, arguments: [String]) async throws -> RealServer {
        let state = Box(State())
        let command = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", program, "-a", "127.0.0.1", "-cid", clusterID]
        let child = ChildProcess.start(command + arguments) { event in
            state.value.withLock { state in
                switch event {
                case .started(let processID): state.processID = processID
                case .line(let line): state.lastLines = state.lastLines.suffix(9) + [line]
                case .ended: state.hasEnded = true
                }
            }
        }
        let server = RealServer(child, state)
        do {
            try await eventually(within: .seconds(20), "the server answers") {
                if server.hasEnded { return true }
                guard let nats = try? await NATSTestClient.connect(natsURL) else { return false }
                let ping = StanWire.Ping(connectionID: ByteBuffer(string: "x")).encoded()
                let answer = try? await nats.request(ping, to: "_STAN.discover.\(clusterID).pings", timeout: .seconds(1))
                try await nats.close()
                return answer != nil
            }
        } catch {
            await server.kill()
            throw error
        }
        guard !server.hasEnded else {
            throw Failed(description: "\(program) ended: \(state.value.withLock { $0.lastLines.joined(separator: "\n") })")
        }
        return server
    }

    private init(_ child: ChildProcess, _ state: Box<State>) {
        self.child = child
        self.state = state
    }

    deinit { self.child.signal(SIGKILL) }

    private var hasEnded: Bool { self.state.value.withLock { $0.hasEnded } }

    func stop() async { await self.end(with: SIGTERM) }

    func kill() async { await self.end(with: SIGKILL) }

    private func end(with signal: Int32) async {
        self.child.signal(signal)
        try? await eventually { self.hasEnded }
    }
}
