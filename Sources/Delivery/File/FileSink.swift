import Glibc
package import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Appends messages to files, each message once, and says `delivered` when they are on disk.
///
/// One thread of its own writes. It takes all that waits, encodes it, writes it at once and syncs once (`fdatasync`), then reports it
/// all: what a sync costs is shared by all messages that arrived during the one before. Beside each file lies a record of what it
/// holds, so that a message that comes again after a crash is known, and reported without being written.
///
/// After a failure the file is cut back to what was confirmed before, everything that failed with it is reported as to be tried
/// again, and the next message tries again: a full disk needs nobody's help once it has room.
package final class FileSink: Sink {
    /// What the sink has done since it was made.
    package struct Statistics: Sendable, Equatable {
        /// Messages that are on disk.
        package var messages: Int

        /// Bytes that are on disk.
        package var bytes: Int

        /// Groups that are on disk: one sync each, and in other formats than `json` one more of the record.
        package var groups: Int

        /// Messages that the file held already.
        package var copies: Int

        /// Attempts to open, write or sync that failed.
        package var failures: Int

        /// Files open at the moment.
        package var openFiles: Int
    }

    package let name: String

    private let queue = DeliveryQueue()
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let alarm: ThreadAlarm
    private let archives: ArchiveKeeper
    private let counters: FileSinkCounters
    private let wantsReopen = Atomic<Bool>(false)
    private let isDraining = Atomic<Bool>(false)
    private let wantsConfirmation = Atomic<Bool>(false)
    private let pulse: Pulse
    private let directory: String?
    private let clock: @Sendable () -> Int64

    /// Locked for as long as the thread works; nobody else wants it but `open` before and `close` after.
    private let writer: Mutex<FileWriter>

    /// - Parameters:
    ///   - name: the sink's name in the configuration.
    ///   - operations: the system calls that write; others than the system's own are for tests.
    ///   - clock: the time of day in nanoseconds since the Unix epoch, for rotation; another than the system's is for tests.
    ///   - logger: gets a line when something was cut off a file, and when writing begins to fail or works again.
    /// - Throws: when the process has no descriptors left.
    package init(
        name: String,
        configuration: Configuration,
        operations: FileOperations = .system,
        clock: @escaping @Sendable () -> Int64 = FileSink.systemClock,
        logger: Logger
    ) throws(SinkError) {
        var logger = logger
        logger[metadataKey: "sink"] = "\(name)"
        do {
            self.alarm = try ThreadAlarm()
        } catch {
            throw SinkError("sink \(name): no descriptor to wait with: \(error)")
        }
        let counters = FileSinkCounters()
        let pulse = Pulse()
        let archives = ArchiveKeeper(
            work: ArchiveWork(
                sink: name,
                rotation: configuration.rotation ?? Configuration.Rotation(),
                mode: configuration.mode,
                operations: operations,
                logger: logger
            ),
            wall: clock,
            logger: logger
        )
        self.name = name
        self.counters = counters
        self.pulse = pulse
        self.archives = archives
        self.directory = configuration.rotation.map { _ in configuration.path.fixedDirectory }
        self.clock = clock
        self.writer = Mutex(
            FileWriter(
                sink: name,
                configuration: configuration,
                operations: operations.shown(by: pulse),
                counters: counters,
                archives: archives,
                logger: logger
            )
        )
    }

    package static let systemClock: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Opens and locks the file, where the path has no placeholders; else makes the directory that the files will lie in.
    ///
    /// - Throws: when the file is not one that can be written, or somebody else writes to it.
    package func open() throws(SinkError) {
        try self.writer.withLock { writer throws(SinkError) in try writer.open(at: self.now) }
        self.start()
    }

    /// Begins in any case, although `open` has failed: the file is tried again with each group of messages, as after any failure.
    package func start() {
        self.archives.start(in: self.directory)
        self.thread.start()
        self.thread.submit { _ in self.work() }
    }

    package func deliver(_ batch: DeliveryBatch) {
        if self.queue.append(batch) { self.alarm.ring() }
    }

    /// Closes all files soon, and opens what has their names when there is something to write.
    package func reopen() {
        self.wantsReopen.store(true, ordering: .releasing)
        self.alarm.ring()
    }

    /// What was written is confirmed at once from here on, whatever the interval.
    package func drain() {
        self.isDraining.store(true, ordering: .releasing)
        self.alarm.ring()
    }

    /// What was written is confirmed at once, this time.
    package func recall(for receiver: any DeliveryReceiver) {
        self.wantsConfirmation.store(true, ordering: .releasing)
        self.alarm.ring()
    }

    /// Finishes and reports the group that is being written, gives up the rest, and closes the files.
    package func close() async {
        self.queue.close()
        self.alarm.ring()
        // The one error there is says that it was shut down before.
        try? await self.thread.shutdownGracefully()
        self.writer.withLock { $0.close(at: self.now) }
        await self.archives.close()
    }

    package var statistics: Statistics {
        self.counters.values
    }

    package var condition: SinkCondition {
        let values = self.counters.values
        var condition = SinkCondition()
        condition.files = .init(bytes: values.bytes, syncs: values.groups, copies: values.copies, open: values.openFiles)
        return condition
    }

    package var probe: ThreadProbe? {
        ThreadProbe(name: "writer of the sink \(self.name)", pulse: self.pulse) { self.alarm.ring() }
    }

    /// Whether `close` was called.
    package var isClosed: Bool {
        self.queue.isClosed
    }

    private var now: Moment { Moment(monotonic: .now(), wall: self.clock()) }

    /// Between two looks at what rotated files have grown too old.
    private static let archiveInterval = TimeAmount.minutes(10)

    private func work() {
        self.pulse.start()
        defer { self.pulse.stop() }
        self.writer.withLock { writer in
            var nextTick: NIODeadline?
            var nextLook = NIODeadline.now() + Self.archiveInterval
            while true {
                self.pulse.beat()
                switch self.queue.take(hasWork: writer.hasWork) {
                case .batches(let batches): writer.add(batches)
                case .sleep: self.alarm.wait(until: min(nextTick ?? .distantFuture, nextLook))
                case .stop: return
                }
                let time = self.now
                if self.wantsReopen.exchange(false, ordering: .acquiringAndReleasing) { writer.reopen(at: time) }
                if writer.hasWork {
                    writer.commitNextGroup(at: time)
                    // There may be something to do earlier now.
                    nextTick = min(nextTick ?? .distantFuture, time.monotonic + Self.shortestTick)
                }
                if self.isDraining.load(ordering: .acquiring)
                    || (!writer.hasWork && self.wantsConfirmation.exchange(false, ordering: .acquiringAndReleasing))
                {
                    writer.confirmAll(at: time)
                }
                if let due = nextTick, due <= time.monotonic { nextTick = writer.tick(at: time) }
                if nextLook <= time.monotonic {
                    self.archives.lookAgain()
                    nextLook = time.monotonic + Self.archiveInterval
                }
            }
        }
    }

    private static let shortestTick = TimeAmount.milliseconds(10)
}
