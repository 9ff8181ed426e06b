package import Logging
import NIOPosix
import Synchronization

/// Writes messages to stdout, in the formats of the file sink: for trying things out.
///
/// Nothing is synced, and what stands behind stdout may do with it what it likes: `delivered` means that it was written.
package final class StdoutSink: Sink {
    package let name: String

    private let queue = DeliveryQueue()
    private let thread = NIOThreadPool(numberOfThreads: 1)

    /// Locked for as long as the thread works; nobody else wants it.
    private let writer: Mutex<StdoutWriter>

    /// - Parameters:
    ///   - name: the sink's name in the configuration.
    ///   - format: how a message is written.
    ///   - descriptor: another than stdout's is for tests. It is not closed.
    ///   - logger: gets a line when writing begins to fail or works again.
    package init(name: String, format: RecordFormat = .json, descriptor: Int32 = 1, logger: Logger) {
        var logger = logger
        logger[metadataKey: "sink"] = "\(name)"
        self.name = name
        self.writer = Mutex(StdoutWriter(descriptor: descriptor, format: format, logger: logger))
    }

    /// - Throws: when stdout is closed.
    package func open() throws(SinkError) {
        try self.writer.withLock { writer throws(SinkError) in try writer.open() }
        self.thread.start()
    }

    package func deliver(_ batch: DeliveryBatch) {
        guard self.queue.append(batch) else { return }
        self.thread.submit { _ in self.work() }
    }

    /// Gives up what has not been written, even where the reader of stdout has stopped reading.
    package func close() async {
        self.queue.close()
        // The one error there is says that it was shut down before.
        try? await self.thread.shutdownGracefully()
    }

    private func work() {
        self.writer.withLock { writer in
            while case .batches(let batches) = self.queue.take(hasWork: false) {
                for batch in batches {
                    guard writer.write(batch, isClosed: { self.queue.isClosed }) else { return }
                }
            }
        }
    }
}
