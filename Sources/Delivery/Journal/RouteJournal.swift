package import Logging
import NIOCore
import Synchronization

/// The delivery journal of one route: what it must remember of its messages across a crash, in a file.
///
/// Nobody waits for it: what is recorded is written within milliseconds, so that it survives the end of this process, and is on disk
/// some milliseconds later, so that it survives a power failure. A failure never stops deliveries. What is missing in the journal
/// after a crash is delivered once more, nothing worse.
package final class RouteJournal: Sendable {
    struct Intervals {
        /// How long records are gathered after a write, before the next.
        var gather = TimeAmount.milliseconds(2)

        /// How long what was written may be in memory only.
        var sync = TimeAmount.milliseconds(20)

        /// After a failure.
        var retry = TimeAmount.seconds(1)
    }

    /// What is known of the thread's side. Only the thread wants it, but for `open` and `close`.
    private struct Output: ~Copyable {
        var file: JournalOutput
        var syncIsScheduled = false
    }

    private let queue: JournalQueue
    private let output: Mutex<Output>
    private let loop: any EventLoop
    private let intervals: Intervals
    private let logger: Logger

    private init(
        queue: JournalQueue,
        output: consuming sending JournalOutput,
        loop: any EventLoop,
        intervals: Intervals,
        logger: Logger
    ) {
        self.queue = queue
        self.output = Mutex(Output(file: output))
        self.loop = loop
        self.intervals = intervals
        self.logger = logger
    }

    /// Opens the journal of a route, and locks it. Blocks: for the start of a route.
    ///
    /// - Parameters:
    ///   - directory: where the journals lie; made where it is missing.
    ///   - identity: what the journal has to be about. One that is about something else is put aside and begun anew; where only the
    ///     sinks differ, it is kept, and they are found by name.
    ///   - fileMode: the permissions of a new file, exactly; the umask does not count.
    ///   - writer: whose thread writes it.
    ///   - operations: the system calls that write; others than the system's own are for tests.
    ///   - logger: gets a line when the journal is begun, when something in it is lost, and when writing begins to fail or works again.
    /// - Returns: the journal, and what it remembers.
    /// - Throws: when another process has it open, or there can be none in that directory.
    package static func open(
        directory: String,
        identity: JournalIdentity,
        fileMode: UInt32 = 0o640,
        writer: JournalWriter,
        operations: FileOperations = .system,
        logger: Logger
    ) throws(JournalError) -> (journal: RouteJournal, memory: RouteMemory) {
        try self.open(
            directory: directory,
            identity: identity,
            fileMode: fileMode,
            writer: writer,
            operations: operations,
            limits: JournalOutput.Limits(),
            waitingBytes: 4 << 20,
            intervals: Intervals(),
            logger: logger
        )
    }

    static func open(
        directory: String,
        identity: JournalIdentity,
        fileMode: UInt32 = 0o640,
        writer: JournalWriter,
        operations: FileOperations,
        limits: JournalOutput.Limits,
        waitingBytes: Int,
        intervals: Intervals,
        logger: Logger
    ) throws(JournalError) -> (journal: RouteJournal, memory: RouteMemory) {
        let start = try JournalStart.open(
            directory: directory,
            identity: identity,
            mode: fileMode,
            operations: operations.shown(by: writer.pulse),
            logger: logger
        )
        let memory = start.memory
        let queue = JournalQueue(limit: waitingBytes)
        if start.file == nil {
            // The first record would have to follow what is not there.
            queue.lose()
            queue.requestSnapshot()
        }
        let journal = RouteJournal(
            queue: queue,
            output: JournalOutput(start: start, limits: limits),
            loop: writer.loop,
            intervals: intervals,
            logger: logger
        )
        return (journal, memory)
    }

    // MARK: The route's side

    /// Adds changes. May be called on any thread, and never blocks.
    package func record(_ batch: JournalBatch) {
        switch self.queue.add(batch) {
        case .done: break
        case .wake: self.wake()
        case .overflow:
            self.logger.warning(
                "the delivery journal's disk does not keep up: recording pauses; deliveries go on, but a crash now may repeat some"
            )
        }
    }

    /// Whether ``replace(with:)`` should be called: the file has grown, or lacks records after a failure.
    package var wantsSnapshot: Bool { self.queue.wantsSnapshot }

    /// Begins a new file with all of the route's memory, to which everything recorded from now on is added. May be called on any
    /// thread, and never blocks.
    package func replace(with memory: RouteMemory) {
        if self.queue.replace(with: memory) { self.wake() }
    }

    /// Whether the journal lacks what happens at the moment, because it could not be written.
    package var isFailing: Bool { self.queue.isLosing || self.queue.isFailing }

    /// Writes what was recorded and puts it on disk, if that is possible.
    package func flush() async {
        // The one error there is says that the writer was closed before.
        try? await self.loop.submit { self.writeAndSync() }.get()
    }

    /// Writes what was recorded and puts it on disk, if that is possible; closes and unlocks the file. Nothing is recorded from then on.
    package func close() async {
        try? await self.loop.submit { self.writeAndSync() }.get()
        self.queue.close()
        self.output.withLock { $0.file.close() }
    }

    // MARK: The thread's side

    private func wake() {
        self.loop.execute { self.work() }
    }

    /// One chain of these at a time: whoever finds the queue's taker asleep begins it.
    private func work() {
        guard !self.queue.isClosed else { return }
        switch self.write() {
        case .written: self.work(in: self.intervals.gather)
        case .failed: self.work(in: self.intervals.retry)
        case .nothingToDo:
            if !self.queue.sleep() { self.wake() }
        }
    }

    private func work(in delay: TimeAmount) {
        self.loop.scheduleTask(in: delay) { self.work() }
    }

    private func write() -> JournalOutput.Progress {
        self.output.withLock { output in
            let progress = output.file.write(self.queue, now: .now())
            if output.file.isDirty, !output.syncIsScheduled {
                output.syncIsScheduled = true
                self.loop.scheduleTask(in: self.intervals.sync) { self.sync() }
            }
            return progress
        }
    }

    private func sync() {
        let isDone = self.output.withLock { output in
            output.syncIsScheduled = false
            return output.file.sync(self.queue, now: .now())
        }
        // To ask for a snapshot, though not at once.
        if !isDone, self.queue.wake() { self.work(in: self.intervals.retry) }
    }

    private func writeAndSync() {
        // Twice: what could not be written the last time goes first.
        for _ in 0..<2 where self.write() == .failed { return }
        self.sync()
    }
}
