import Logging
import NIOCore

/// What the writer thread of a file sink does: takes messages, sorts them by file, and commits them in groups.
///
/// A group is what waits for one file, up to a number of bytes: encoded into one buffer, written, synced, and only then reported.
/// Files take turns, a group each, so that a busy one does not hold up the others.
struct FileWriter: ~Copyable {
    private let configuration: FileSink.Configuration
    private let operations: FileOperations
    private let counters: FileSinkCounters
    private let logger: Logger

    private var lanes: [String: FileLane] = [:]

    /// The lanes that have work, each once.
    private var ready = CircularBuffer<FileLane>()

    /// Paths are made once a route, not once a batch. Holds the contexts, so that an address is never that of another.
    private var paths: [ObjectIdentifier: (context: RouteContext, path: String)] = [:]

    private var encoder: RecordEncoder
    private var buffer: RecordBuffer
    private var report = GroupReport()
    private var uses: UInt64 = 0
    private var openFiles = 0

    init(configuration: FileSink.Configuration, operations: FileOperations, counters: FileSinkCounters, logger: Logger) {
        self.configuration = configuration
        self.operations = operations
        self.counters = counters
        self.logger = logger
        self.encoder = RecordEncoder(format: configuration.format)
        self.buffer = RecordBuffer(capacity: 64 << 10)
    }

    var hasWork: Bool {
        !self.ready.isEmpty
    }

    /// Opens the file where there is only one, else makes the directory that all of them lie in.
    mutating func open() throws(SinkError) {
        let template = self.configuration.path
        if let path = template.fixedPath {
            _ = try self.openFile(of: self.lane(for: path))
        } else {
            do {
                try Directories.make(template.fixedDirectory)
                try Directories.checkWritable(template.fixedDirectory)
            } catch {
                throw SinkError("\(template.fixedDirectory): cannot make files in it: \(error)")
            }
        }
    }

    mutating func add(_ batches: [DeliveryBatch]) {
        for batch in batches {
            let lane = self.lane(for: self.path(for: batch))
            let hadWork = lane.hasWork
            lane.append(batch)
            if !hadWork, lane.hasWork {
                self.ready.append(lane)
            }
        }
    }

    /// Writes, syncs and reports one group of the lane whose turn it is.
    mutating func commitNextGroup() {
        guard let lane = self.ready.popFirst() else { return }
        do {
            let file = try self.openFile(of: lane)
            self.encodeGroup(of: lane)
            try self.commitGroup(to: file, of: lane)
        } catch {
            self.fail(lane, error)
        }
        if lane.hasWork {
            self.ready.append(lane)
        } else if lane.file == nil, !lane.isFailing {
            self.lanes[lane.path] = nil
        }
    }

    /// Closes all files, and forgets what still waits.
    mutating func close() {
        self.ready.removeAll()
        self.lanes.removeAll()
        self.openFiles = 0
        self.counters.setOpenFiles(0)
    }

    // MARK: Groups

    private mutating func encodeGroup(of lane: FileLane) {
        let limit = self.configuration.maximumGroupBytes
        self.buffer.removeAll(keepingAtMost: limit * 2)
        // Most often a whole batch fits: the closure leaves in its middle only where it does not.
        lane.take { batch, range in
            self.report.select(batch, count: range.count)
            for index in range {
                guard self.buffer.count < limit else { return index - range.lowerBound }
                self.encode(batch.deliveries[index], of: batch.context)
            }
            return range.count
        }
    }

    @inline(__always)
    private mutating func encode(_ delivery: Delivery, of context: RouteContext) {
        do {
            try self.encoder.encode(delivery.envelope, of: context, deadLetter: delivery.deadLetter, into: &self.buffer)
            self.report.addWritten(delivery.envelope.sequence)
        } catch {
            self.report.add(.rejected(reason: error.reason), of: delivery.envelope.sequence)
        }
    }

    private mutating func commitGroup(to file: OutputFile, of lane: FileLane) throws(SinkError) {
        if !self.buffer.bytes.isEmpty {
            try file.commit(self.buffer.bytes)
            self.counters.countGroup(messages: self.report.written, bytes: self.buffer.count)
        }
        self.report.tellDelivered()
        if lane.isFailing {
            lane.isFailing = false
            self.logger.notice("writing to the file works again", metadata: ["path": "\(lane.path)"])
        }
    }

    /// Reports the group that was encoded, or everything that waits where not even that was possible.
    private mutating func fail(_ lane: FileLane, _ error: SinkError) {
        self.counters.countFailure()
        if let file = lane.file, !file.isTrusted {
            self.close(lane)
            lane.confirmed = file.confirmed
        }
        if lane.file == nil, self.report.isEmpty {
            lane.take { batch, range in
                self.report.select(batch, count: range.count)
                for index in range {
                    self.report.addWritten(batch.deliveries[index].envelope.sequence)
                }
                return range.count
            }
        }
        self.report.tellFailed(error.description)
        if !lane.isFailing {
            lane.isFailing = true
            self.logger.warning(
                "cannot write to the file; its messages will be tried again",
                metadata: ["path": "\(lane.path)", "reason": "\(error.description)"]
            )
        }
    }

    // MARK: Files

    private mutating func path(for batch: DeliveryBatch) -> String {
        let context = batch.context
        guard self.configuration.path.period == nil else {
            return self.configuration.path.path(for: context, at: batch.deliveries.first?.envelope.timestamp ?? 0)
        }
        if let known = self.paths[ObjectIdentifier(context)] { return known.path }
        // Reloads bring new contexts; this is a bound, not a working size.
        if self.paths.count >= 4096 { self.paths.removeAll() }
        let path = self.configuration.path.path(for: context, at: 0)
        self.paths[ObjectIdentifier(context)] = (context, path)
        return path
    }

    private mutating func lane(for path: String) -> FileLane {
        if let lane = self.lanes[path] { return lane }
        let lane = FileLane(path: path)
        self.lanes[path] = lane
        return lane
    }

    private mutating func openFile(of lane: FileLane) throws(SinkError) -> OutputFile {
        self.uses += 1
        lane.lastUse = self.uses
        if let file = lane.file {
            if file.prepare() { return file }
            self.logger.warning("the file was deleted: making it again", metadata: ["path": "\(lane.path)"])
            self.close(lane)
        }
        while self.openFiles >= max(1, self.configuration.maximumOpenFiles) {
            let open = self.lanes.values.filter { $0.file != nil }
            guard let oldest = open.min(by: { $0.lastUse < $1.lastUse }) else { break }
            self.close(oldest)
            if !oldest.hasWork, !oldest.isFailing {
                self.lanes[oldest.path] = nil
            }
        }
        let file = try OutputFile.open(
            path: lane.path,
            mode: self.configuration.mode,
            confirmed: lane.confirmed,
            operations: self.operations,
            logger: self.logger
        )
        lane.file = file
        lane.confirmed = nil
        self.openFiles += 1
        self.counters.setOpenFiles(self.openFiles)
        return file
    }

    private mutating func close(_ lane: FileLane) {
        guard lane.file != nil else { return }
        lane.file = nil
        self.openFiles -= 1
        self.counters.setOpenFiles(self.openFiles)
    }
}
