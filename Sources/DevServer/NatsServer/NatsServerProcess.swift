import Glibc
import Synchronization

/// A nats-server of our own on a port of the loopback interface. It ends with ``stop()``, with this object, or with our
/// process however that ends, whichever is first.
package final class NatsServerProcess: Sendable {
    package struct Options: Sendable {
        /// The port to listen on. Default: a free one.
        package var port: Int?

        /// Further arguments, after our own.
        package var arguments: [String] = []

        /// The text of a configuration file. Our own arguments, address and port, win over it.
        package var configuration: String?

        /// How many seconds it may take until it accepts connections. Default: 10.
        package var startTimeout = 10

        /// The program. Default: the first nats-server on `PATH`, or where Debian puts it.
        package var executable: String?

        package init() {}
    }

    package let port: Int
    package let processID: Int32
    package var url: String { "nats://127.0.0.1:\(self.port)" }

    private let child: ChildProcess
    private let monitor: NatsServerMonitor
    let directory: TemporaryDirectory?

    /// Starts a server and waits until it takes connections.
    package static func start(_ options: Options = Options()) async throws(NatsServerError) -> NatsServerProcess {
        let path: String
        if let executable = options.executable { path = executable } else { path = try Self.findServer() }
        var arguments = [path, "-a", "127.0.0.1", "-p", "\(options.port ?? -1)"]
        var directory: TemporaryDirectory?
        if let configuration = options.configuration {
            let made = try TemporaryDirectory()
            arguments += ["-c", try made.writeConfiguration(configuration)]
            directory = made
        }
        arguments += options.arguments
        // Without setpriv the server is stopped all the same, except after a SIGKILL.
        if let setpriv = Self.search("setpriv").found {
            arguments = [setpriv, "--pdeathsig", "TERM", "--"] + arguments
        }

        let monitor = NatsServerMonitor()
        let child = ChildProcess.start(arguments) { monitor.received($0) }
        let timeout = options.startTimeout
        let watchdog = Task {
            try await Task.sleep(for: .seconds(timeout))
            monitor.giveUp("it took no connections within \(timeout) s")
            child.signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        let outcome = await withTaskCancellationHandler {
            await monitor.started()
        } onCancel: {
            monitor.giveUp("the start was cancelled")
            child.signal(SIGKILL)
        }
        switch outcome {
        case .ready(let processID, let port):
            return NatsServerProcess(port: port, processID: processID, child, monitor, directory)
        case .failed(let reason, let output):
            throw .failedToStart(path: path, reason: reason, output: output)
        }
    }

    private init(
        port: Int,
        processID: Int32,
        _ child: ChildProcess,
        _ monitor: NatsServerMonitor,
        _ directory: TemporaryDirectory?
    ) {
        self.port = port
        self.processID = processID
        self.child = child
        self.monitor = monitor
        self.directory = directory
    }

    deinit {
        self.child.signal(SIGKILL)
    }

    /// Stops the server and returns when it is gone. Does no harm a second time.
    package func stop() async {
        self.child.signal(SIGTERM)
        // It has nothing to save, and its clients come back by themselves.
        let watchdog = Task { [child = self.child] in
            try await Task.sleep(for: .seconds(3))
            child.signal(SIGKILL)
        }
        await self.monitor.ended()
        watchdog.cancel()
    }

    /// Returns when the server has ended, for whatever reason.
    package func waitUntilEnded() async {
        await self.monitor.ended()
    }

    private static func findServer() throws(NatsServerError) -> String {
        let (found, searched) = Self.search("nats-server")
        guard let found else { throw .notInstalled(searched: searched) }
        return found
    }

    private static func search(_ program: String) -> (found: String?, searched: [String]) {
        var directories: [String] = []
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for part in path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/sbin", "/usr/bin"]
        where !directories.contains(part) {
            directories.append(part)
        }
        return (directories.lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }, directories)
    }
}
