package import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Appends messages to files, and says `delivered` when they are on disk.
///
/// One thread of its own writes. It takes all that waits, encodes it, writes it at once and syncs once (`fdatasync`), then reports it
/// all: what a sync costs is shared by all messages that arrived during the one before.
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

        /// Groups that are on disk: one write and one sync each.
        package var groups: Int

        /// Attempts to open, write or sync that failed.
        package var failures: Int

        /// Files open at the moment.
        package var openFiles: Int
    }

    package let name: String

    private let queue = DeliveryQueue()
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let counters: FileSinkCounters

    /// Locked for as long as the thread works; nobody else wants it but `open` before and `close` after.
    private let writer: Mutex<FileWriter>

    /// - Parameters:
    ///   - name: the sink's name in the configuration.
    ///   - operations: the system calls that write; others than the system's own are for tests.
    ///   - logger: gets a line when something was cut off a file, and when writing begins to fail or works again.
    package init(
        name: String,
        configuration: Configuration,
        operations: FileOperations = .system,
        logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "sink"] = "\(name)"
        let counters = FileSinkCounters()
        self.name = name
        self.counters = counters
        self.writer = Mutex(
            FileWriter(configuration: configuration, operations: operations, counters: counters, logger: logger)
        )
    }

    /// Opens and locks the file, where the path has no placeholders; else makes the directory that the files will lie in.
    ///
    /// - Throws: when the file is not one that can be written, or somebody else writes to it.
    package func open() throws(SinkError) {
        try self.writer.withLock { writer throws(SinkError) in try writer.open() }
        self.thread.start()
    }

    package func deliver(_ batch: DeliveryBatch) {
        guard self.queue.append(batch) else { return }
        self.thread.submit { _ in self.work() }
    }

    /// Finishes and reports the group that is being written, gives up the rest, and closes the files.
    package func close() async {
        self.queue.close()
        // The one error there is says that it was shut down before.
        try? await self.thread.shutdownGracefully()
        self.writer.withLock { $0.close() }
    }

    package var statistics: Statistics {
        self.counters.values
    }

    /// Whether `close` was called.
    package var isClosed: Bool {
        self.queue.isClosed
    }

    private func work() {
        self.writer.withLock { writer in
            while true {
                switch self.queue.take(hasWork: writer.hasWork) {
                case .batches(let batches): writer.add(batches)
                case .sleep, .stop: return
                }
                writer.commitNextGroup()
            }
        }
    }
}
