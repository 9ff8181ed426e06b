import Glibc
import NIOPosix
import Synchronization

/// A program that runs as long as this process does, at most, and whose output is read line by line.
///
/// One thread belongs to it, from before the start until after the end: the kernel's "tell the child when the parent dies"
/// watches the thread that made the child and not the process, so that thread has to stay.
final class ChildProcess: Sendable {
    enum Event: Sendable {
        case started(pid_t)
        /// A line of standard output or error.
        case line(String)
        /// The last event. What is left of the program is gone when it comes.
        case ended(String)
    }

    private struct State {
        var processID: pid_t?
        /// Its process ID means nothing any more and may be another's soon.
        var hasEnded = false
        var pendingSignal: Int32?
    }

    private static let spawning = Mutex(())

    private let state = Mutex(State())

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: the program's path first.
    ///   - onEvent: called on the child's thread.
    static func start(_ arguments: [String], onEvent: @escaping @Sendable (Event) -> Void) -> ChildProcess {
        let child = ChildProcess()
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        pool.submit { _ in
            child.run(arguments, onEvent)
            pool.shutdownGracefully { _ in }
        }
        return child
    }

    /// Sends a signal, now or as soon as the program runs; does nothing once it has ended.
    func signal(_ number: Int32) {
        self.state.withLock { state in
            guard !state.hasEnded else { return }
            if let processID = state.processID {
                kill(processID, number)
            } else {
                state.pendingSignal = number
            }
        }
    }

    private func run(_ arguments: [String], _ onEvent: @Sendable (Event) -> Void) {
        var output: Int32 = -1
        var processID: pid_t = 0
        // One at a time: no child may hold on to the pipe of another, whose end could not be seen then.
        let error = Self.spawning.withLock { _ in Self.spawn(arguments, output: &output, &processID) }
        guard error == 0 else {
            return self.finish("could not start \(arguments.first ?? ""): \(Self.words(error))", onEvent)
        }
        defer { close(output) }
        self.state.withLock { state in
            state.processID = processID
            if let signal = state.pendingSignal { kill(processID, signal) }
        }
        onEvent(.started(processID))
        Self.readLines(output) { onEvent(.line($0)) }

        // Until it is reaped its process ID stays taken, so wait first and reap where nobody can send a signal.
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        var status: Int32 = 0
        self.state.withLock { state in
            state.hasEnded = true
            while waitpid(processID, &status, 0) == -1, errno == EINTR {}
        }
        let signal = status & 0x7f
        self.finish(signal == 0 ? "exit status \((status >> 8) & 0xff)" : "signal \(signal)", onEvent)
    }

    private func finish(_ how: String, _ onEvent: (Event) -> Void) {
        self.state.withLock { $0.hasEnded = true }
        onEvent(.ended(how))
    }

    /// - Parameter output: where to read what the program writes.
    private static func spawn(_ arguments: [String], output: inout Int32, _ processID: inout pid_t) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return errno }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }

        self.keepFilesFromChildren()

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)

        // No signal blocked or ignored here is so there. A process group of its own keeps the terminal's Ctrl-C from ending
        // it before us.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        argv.append(nil)
        defer { for argument in argv { free(argument) } }
        let error = argv[0].map { posix_spawn(&processID, $0, &actions, &attributes, argv, environ) } ?? EINVAL
        if error == 0 { output = ends[0] } else { close(ends[0]) }
        return error
    }

    /// Marks all of our files close-on-exec, which the sockets of SwiftNIO are not. One that a child held on to would stay open
    /// when we close it, and its peer would never know.
    private static func keepFilesFromChildren() {
        guard let directory = opendir("/proc/self/fd") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let number = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            if number > 2 { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        }
    }

    /// Reads until the last holder of the other end has closed it.
    private static func readLines(_ descriptor: Int32, _ body: (String) -> Void) {
        var chunk = [UInt8](repeating: 0, count: 4096)
        var line: [UInt8] = []
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == -1, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in chunk[..<count] {
                if byte == UInt8(ascii: "\n") || line.count == 64 * 1024 {
                    body(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                }
            }
        }
        if !line.isEmpty { body(String(decoding: line, as: UTF8.self)) }
    }

    static func words(_ error: Int32) -> String {
        String(cString: strerror(error))
    }
}
