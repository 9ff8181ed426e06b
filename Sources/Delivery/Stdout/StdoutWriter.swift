import Glibc
import Logging

/// What the writer thread of the stdout sink does: a batch at a time into one buffer, and out.
struct StdoutWriter: ~Copyable {
    private let descriptor: Int32
    private let logger: Logger
    private var encoder: RecordEncoder
    private var buffer = RecordBuffer(capacity: 64 << 10)
    private var report = GroupReport()
    private var isFailing = false

    init(descriptor: Int32, format: RecordFormat, logger: Logger) {
        self.descriptor = descriptor
        self.encoder = RecordEncoder(format: format)
        self.logger = logger
    }

    func open() throws(SinkError) {
        guard fcntl(self.descriptor, F_GETFL) != -1 else {
            throw SinkError("standard output is closed (start it with one, or use a file sink)")
        }
    }

    /// Writes a batch and reports it.
    ///
    /// - Parameter isClosed: asked while the reader of stdout lets us wait.
    /// - Returns: false when the sink was closed meanwhile; the rest of the batch is then given up.
    mutating func write(_ batch: DeliveryBatch, isClosed: () -> Bool) -> Bool {
        self.buffer.removeAll(keepingAtMost: 1 << 20)
        self.report.select(batch, count: batch.deliveries.count)
        for delivery in batch.deliveries {
            do {
                try self.encoder.encode(
                    delivery.envelope,
                    of: batch.context,
                    deadLetter: delivery.deadLetter,
                    into: &self.buffer
                )
                self.report.addWritten(delivery.envelope.sequence)
            } catch {
                self.report.add(.rejected(reason: error.reason), of: delivery.envelope.sequence)
            }
        }
        do {
            guard try self.writeOut(isClosed: isClosed) else { return false }
            self.report.tellDelivered()
            if self.isFailing {
                self.isFailing = false
                self.logger.notice("writing to standard output works again; what waited for it is written")
            }
        } catch {
            let reason =
                error.code == EPIPE || error.code == EBADF
                ? "standard output is closed: nobody reads it any more (\(error))"
                : "cannot write to standard output: \(error)"
            self.report.tellFailed(reason)
            if !self.isFailing {
                self.isFailing = true
                self.logger.warning(
                    "cannot write to standard output; its messages stay unacked and are tried again",
                    metadata: ["reason": "\(reason)"]
                )
            }
        }
        return true
    }

    private func writeOut(isClosed: () -> Bool) throws(SystemCallError) -> Bool {
        self.blockBrokenPipeSignal()
        var rest = self.buffer.bytes
        while !rest.isEmpty {
            guard try self.waitForRoom(isClosed: isClosed) else { return false }
            // A pipe that is ready takes this much (PIPE_BUF) without making us wait for its reader: `close` must not either.
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(4096))
            do {
                let count = try SystemCallError.check { Glibc.write(self.descriptor, piece.baseAddress, piece.count) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } catch {
                // Ready, and full again: others may write to the same pipe.
                guard error.code == EAGAIN else { throw error }
            }
        }
        return true
    }

    private func waitForRoom(isClosed: () -> Bool) throws(SystemCallError) -> Bool {
        var query = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        while try SystemCallError.check({ poll(&query, 1, 100) }) == 0 {
            if isClosed() { return false }
        }
        return true
    }

    /// A write to a pipe without a reader must end in EPIPE, not with the process, whatever it does about SIGPIPE elsewhere.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
