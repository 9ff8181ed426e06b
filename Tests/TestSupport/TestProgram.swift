import Foundation
package import Glibc
import Synchronization

/// A program that a test runs: its output is collected, and it ends with this object at the latest.
///
/// One thread belongs to it from the start to the end, because the kernel's "tell the child when the parent dies" watches the
/// thread that made the child.
package final class TestProgram: Sendable {
    package enum End: Sendable, Equatable {
        case status(Int32)
        case signal(Int32)
        case notStarted(Int32)
    }

    /// How a program ends that nobody has stopped.
    package enum LastSignal: String, Sendable {
        case kill = "KILL"
        /// For one that has to end programs of its own.
        case terminate = "TERM"

        fileprivate var number: Int32 {
            switch self {
            case .kill: SIGKILL
            case .terminate: SIGTERM
            }
        }
    }

    private struct State {
        var processID: pid_t?
        var end: End?
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var waiters: [CheckedContinuation<End, Never>] = []
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private let shared = Shared()

    private let lastSignal: LastSignal

    /// Starts a program and does not wait.
    ///
    /// - Parameters:
    ///   - command: the program's path, and its arguments.
    ///   - input: the text of standard input.
    ///   - environment: variables in addition to ours.
    ///   - lastSignal: what it gets when this object goes, and when the tests end without having stopped it.
    package static func start(
        command: [String],
        input: String = "",
        environment: [String: String] = [:],
        lastSignal: LastSignal = .kill
    ) -> TestProgram {
        TestProgram(command, input, environment, lastSignal)
    }

    /// A program that is installed.
    ///
    /// - Returns: its path, or nil when there is none on `PATH` nor where Debian puts servers.
    package static func path(of name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let directories = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/usr/bin"]
        return directories.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private init(_ command: [String], _ input: String, _ environment: [String: String], _ lastSignal: LastSignal) {
        self.lastSignal = lastSignal
        let shared = self.shared
        Thread.detachNewThread { Self.live(shared, command, input, environment, lastSignal) }
    }

    deinit {
        self.signal(self.lastSignal.number)
    }

    package var processID: pid_t? { self.shared.state.withLock { $0.processID } }
    package var hasEnded: Bool { self.shared.state.withLock { $0.end != nil } }
    package var output: String { self.shared.state.withLock { String(decoding: $0.output, as: UTF8.self) } }
    package var errors: String { self.shared.state.withLock { String(decoding: $0.errors, as: UTF8.self) } }
    package var errorLines: [String] { self.errors.split(separator: "\n").map(String.init) }

    package func signal(_ number: Int32) {
        self.shared.state.withLock { state in
            guard state.end == nil, let processID = state.processID else { return }
            kill(processID, number)
        }
    }

    package func end() async -> End {
        await withCheckedContinuation { continuation in
            let end = self.shared.state.withLock { state -> End? in
                if state.end == nil { state.waiters.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    // MARK: The thread

    private static func live(
        _ shared: Shared,
        _ command: [String],
        _ input: String,
        _ environment: [String: String],
        _ lastSignal: LastSignal
    ) {
        var processID: pid_t = 0
        var pipes: (input: Int32, output: Int32, errors: Int32) = (-1, -1, -1)
        let error = Self.spawning.withLock { _ in Self.spawn(command, environment, lastSignal, &pipes, &processID) }
        guard error == 0 else { return Self.finish(shared, .notStarted(error)) }
        shared.state.withLock { $0.processID = processID }

        // Programs read all of it before they write more than a pipe holds, or end.
        Self.write(Array(input.utf8), to: pipes.input)
        close(pipes.input)
        Self.collect(shared, pipes.output, pipes.errors)
        close(pipes.output)
        close(pipes.errors)

        // The process id stays taken until the program is reaped, which happens where nobody can send a signal.
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        var status: Int32 = 0
        shared.state.withLock { state in
            while waitpid(processID, &status, 0) == -1, errno == EINTR {}
            state.processID = nil
        }
        Self.finish(shared, status & 0x7f == 0 ? .status((status >> 8) & 0xff) : .signal(status & 0x7f))
    }

    private static func finish(_ shared: Shared, _ end: End) {
        let waiters = shared.state.withLock { state in
            state.end = end
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: end) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        // A program that ends early does not end us.
        var brokenPipe = sigset_t()
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, nil)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count == -1, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func collect(_ shared: Shared, _ output: Int32, _ errors: Int32) {
        var polled = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        ]
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while polled.contains(where: { $0.fd >= 0 }) {
            guard poll(&polled, 2, -1) > 0 else { continue }
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = read(polled[index].fd, &chunk, chunk.count)
                if count == -1, errno == EINTR { continue }
                guard count > 0 else {
                    polled[index].fd = -1
                    continue
                }
                shared.state.withLock { state in
                    if index == 0 { state.output += chunk[..<count] } else { state.errors += chunk[..<count] }
                }
            }
        }
    }

    private typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt

    /// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34 and later, which the header shows to C alone.
    private static let addCloseFrom: AddCloseFrom? = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
        unsafeBitCast($0, to: AddCloseFrom.self)
    }

    /// One at a time: no program may hold on to the pipe of another, whose end could not be seen then.
    private static let spawning = Mutex(())

    private static func spawn(
        _ command: [String],
        _ environment: [String: String],
        _ lastSignal: LastSignal,
        _ pipes: inout (input: Int32, output: Int32, errors: Int32),
        _ processID: inout pid_t
    ) -> Int32 {
        // Without setpriv all is the same, unless the tests themselves are killed.
        let setpriv = "/usr/bin/setpriv"
        var arguments = command
        if access(setpriv, X_OK) == 0 { arguments = [setpriv, "--pdeathsig", lastSignal.rawValue, "--"] + arguments }

        var ends: [[Int32]] = []
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard pipe(&pair) == 0 else { return errno }
            for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            ends.append(pair)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0][0], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1][1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[2][1], 2)
        // NIO's sockets are inherited otherwise, and one that is closed here would stay open there.
        _ = Self.addCloseFrom?(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        let error = posix_spawn(&processID, arguments[0], &actions, &attributes, &argv, &envp)
        for end in [ends[0][0], ends[1][1], ends[2][1]] { close(end) }
        pipes = (ends[0][1], ends[1][0], ends[2][0])
        return error
    }
}
