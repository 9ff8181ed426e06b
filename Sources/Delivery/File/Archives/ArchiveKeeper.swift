import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Looks after a sink's rotated files in the background, on a thread of the lowest priority.
final class ArchiveKeeper: ArchiveTaking {
    private struct State {
        /// The names of the files that are rotated, by directory.
        var names: [String: Set<String>] = [:]

        /// The directories that have to be looked at.
        var due: Set<String> = []

        var isWorking = false
        var isStopped = false
        var complainedAt: NIODeadline?
    }

    private let work: ArchiveWork
    private let logger: Logger
    private let wall: @Sendable () -> Int64
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(State())

    /// - Parameter wall: what time it is, in nanoseconds since the Unix epoch.
    init(work: ArchiveWork, wall: @escaping @Sendable () -> Int64, logger: Logger) {
        self.work = work
        self.wall = wall
        self.logger = logger
    }

    /// - Parameter directory: where files of earlier times may lie; nil: none are looked for.
    func start(in directory: String?) {
        self.thread.start()
        // Of Linux, a thread has a priority of its own.
        self.thread.submit { _ in _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }
        guard let directory else { return }
        self.thread.submit { _ in
            let names = self.work.names(in: directory)
            guard !names.isEmpty else { return }
            self.wake { state in
                state.names[directory, default: []].formUnion(names)
                state.due.insert(directory)
            }
        }
    }

    func take(archivesOf path: String) {
        let directory = Directories.parent(of: path)
        self.wake { state in
            state.names[directory, default: []].insert(Directories.name(of: path))
            state.due.insert(directory)
        }
    }

    /// Looks at all directories again: files grow too old, and what could not be done may be possible now.
    func lookAgain() {
        self.wake { state in state.due.formUnion(state.names.keys) }
    }

    func close() async {
        self.state.withLock { $0.isStopped = true }
        // The one error there is says that it was shut down before.
        try? await self.thread.shutdownGracefully()
    }

    private func wake(_ change: (inout State) -> Void) {
        let mustWake = self.state.withLock { state in
            change(&state)
            guard !state.isWorking, !state.isStopped, !state.due.isEmpty else { return false }
            state.isWorking = true
            return true
        }
        if mustWake { self.thread.submit { _ in self.run() } }
    }

    private func run() {
        while let (directory, names) = self.next() {
            do {
                try self.work.run(in: directory, names: names, at: self.wall()) { self.state.withLock { $0.isStopped } }
            } catch {
                self.complain(error)
            }
        }
    }

    private func next() -> (String, Set<String>)? {
        self.state.withLock { state in
            guard !state.isStopped, let directory = state.due.popFirst() else {
                state.isWorking = false
                return nil
            }
            return (directory, state.names[directory] ?? [])
        }
    }

    private func complain(_ error: SinkError) {
        let now = NIODeadline.now()
        let mustSay = self.state.withLock { state in
            if let complainedAt = state.complainedAt, now - complainedAt < .minutes(1) { return false }
            state.complainedAt = now
            return true
        }
        guard mustSay else { return }
        self.logger.warning(
            "cannot look after rotated files; it will be tried again",
            metadata: ["reason": "\(error.description)"]
        )
    }
}
