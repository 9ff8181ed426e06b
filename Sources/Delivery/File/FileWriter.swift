import Logging
import NIOCore

/// What the writer thread of a file sink does: takes messages, sorts them by file, and commits them in groups.
///
/// A group is what waits for one file, up to a number of bytes: encoded into one buffer, written, confirmed, and only then reported.
/// Files take turns, a group each, so that a busy one does not hold up the others.
struct FileWriter: ~Copyable {
    private let sink: String
    private let configuration: FileSink.Configuration
    private let operations: FileOperations
    private let counters: FileSinkCounters
    private let archives: any ArchiveTaking
    private let logger: Logger

    private var lanes: [String: FileLane] = [:]

    /// The lanes whose files are open.
    private var open: [FileLane] = []

    /// The lanes that have work, each once.
    private var ready = CircularBuffer<FileLane>()

    private var sorter: LaneSorter
    private var encoder: GroupEncoder
    private var uses: UInt64 = 0

    /// How many bytes may be unconfirmed where that is done from time to time: so much is cut off, or read again, after a crash.
    private static let maximumUnconfirmedBytes = 64 << 20

    /// Between the lines in the log that say that writing to a file still fails, or attempts to give it another name.
    private static let complaintInterval = TimeAmount.minutes(1)

    init(
        sink: String,
        configuration: FileSink.Configuration,
        operations: FileOperations,
        counters: FileSinkCounters,
        archives: any ArchiveTaking,
        logger: Logger
    ) {
        self.sink = sink
        self.configuration = configuration
        self.operations = operations
        self.counters = counters
        self.archives = archives
        self.logger = logger
        self.sorter = LaneSorter(template: configuration.path)
        self.encoder = GroupEncoder(format: configuration.format, limit: configuration.maximumGroupBytes)
    }

    var hasWork: Bool {
        !self.ready.isEmpty
    }

    /// Opens the file where there is only one, else makes the directory that all of them lie in.
    mutating func open(at time: Moment) throws(SinkError) {
        let template = self.configuration.path
        defer { Directories.secure(template.fixedPath.map(Directories.parent) ?? template.fixedDirectory, self.operations) }
        if let path = template.fixedPath {
            _ = try self.openFile(of: self.lane(for: path), at: time)
        } else {
            do {
                try Directories.make(template.fixedDirectory, self.operations)
                try self.operations.checkWritable(template.fixedDirectory)
            } catch {
                throw SinkError("\(template.fixedDirectory): cannot make files in it: \(error)")
            }
        }
    }

    mutating func add(_ batches: [DeliveryBatch]) {
        for batch in batches {
            for (path, batch) in self.sorter.sort(batch) {
                let lane = self.lane(for: path)
                let hadWork = lane.hasWork
                lane.append(batch)
                if !hadWork, lane.hasWork {
                    self.ready.append(lane)
                }
            }
        }
    }

    /// Writes one group of the lane whose turn it is, and reports it when it is confirmed.
    mutating func commitNextGroup(at time: Moment) {
        guard let lane = self.ready.popFirst() else { return }
        do {
            try self.writeGroup(of: lane, at: time)
        } catch {
            self.fail(lane, error, at: time)
        }
        if lane.hasWork {
            self.ready.append(lane)
        } else {
            self.forgetIfIdle(lane)
        }
    }

    /// Does what is due without anybody having sent anything.
    ///
    /// - Returns: when there will be something to do again, if there will.
    mutating func tick(at time: Moment) -> NIODeadline? {
        var next: NIODeadline?
        for lane in self.open {
            let due = self.tick(lane, at: time)
            next = min(due ?? .distantFuture, next ?? .distantFuture)
            self.forgetIfIdle(lane)
        }
        return next == .distantFuture ? nil : next
    }

    /// Confirms at once what would be confirmed later.
    mutating func confirmAll(at time: Moment) {
        for lane in self.open where lane.confirmationDue != nil { self.confirmOrFail(lane, at: time) }
    }

    /// Closes all files, so that whatever has their names next is opened instead.
    mutating func reopen(at time: Moment) {
        for lane in self.open {
            self.confirmOrFail(lane, at: time)
            self.close(lane)
            self.forgetIfIdle(lane)
        }
    }

    /// Closes all files, and forgets what still waits.
    mutating func close(at time: Moment) {
        for lane in self.open {
            self.confirmOrFail(lane, at: time)
            self.close(lane)
        }
        self.ready.removeAll()
        self.lanes.removeAll()
    }

    // MARK: Groups

    private mutating func writeGroup(of lane: FileLane, at time: Moment) throws(SinkError) {
        var file = try self.openFile(of: lane, at: time)
        if self.mustRotate(lane, file, at: time) { file = try self.rotate(lane, file, at: time) }
        var ending = self.encoder.encode(lane, into: file, room: self.room(in: file, of: lane, at: time))
        if ending == .fileIsFull, self.encoder.bytes.isEmpty, self.mayRotate(lane, at: time) {
            file = try self.rotate(lane, file, at: time)
            ending = self.encoder.encode(lane, into: file, room: self.room(in: file, of: lane, at: time))
        }
        if !self.encoder.bytes.isEmpty {
            if file.length == 0 { lane.period = self.periods?.index(of: time.wall) }
            try file.append(self.encoder.bytes)
            lane.lastWrite = time.monotonic
            lane.unconfirmedBytes += self.encoder.bytes.count
            lane.unconfirmedMessages += self.encoder.messages
        }
        self.counters.countCopies(self.encoder.copies)
        if case .interval(let interval) = self.configuration.sync, lane.unconfirmedBytes > 0,
            lane.unconfirmedBytes < Self.maximumUnconfirmedBytes
        {
            lane.confirmationDue = lane.confirmationDue ?? time.monotonic + interval
        } else {
            try self.confirm(lane, file)
        }
    }

    /// Puts what was written on disk, and reports it.
    private mutating func confirm(_ lane: FileLane, _ file: OutputFile) throws(SinkError) {
        if lane.unconfirmedBytes > 0 {
            try file.confirm(lane.unconfirmed, isDurable: self.configuration.sync != .never)
            self.counters.countGroup(messages: lane.unconfirmedMessages, bytes: lane.unconfirmedBytes)
            lane.forgetUnconfirmed()
        }
        lane.report.tellDelivered()
        if lane.complainedAt != nil {
            lane.complainedAt = nil
            self.logger.notice(
                "writing to the file works again; what waited for it is written",
                metadata: ["path": "\(lane.path)"]
            )
        }
    }

    private mutating func confirmOrFail(_ lane: FileLane, at time: Moment) {
        guard let file = lane.file, !lane.report.isEmpty else { return }
        do {
            try self.confirm(lane, file)
        } catch {
            self.fail(lane, error, at: time)
        }
    }

    /// Reports what is not confirmed, or everything that waits where the file could not even be opened.
    private mutating func fail(_ lane: FileLane, _ error: SinkError, at time: Moment) {
        self.counters.countFailure()
        lane.beginSegment()
        if let file = lane.file {
            file.abandonUnconfirmed()
            if !file.isTrusted {
                self.close(lane)
                lane.confirmed = file.confirmed
            }
        }
        if lane.file == nil, lane.report.isEmpty {
            lane.take { batch, range in
                lane.report.select(batch, count: range.count)
                for index in range {
                    lane.report.addWritten(batch.deliveries[index].envelope.sequence)
                }
                return range.count
            }
        }
        lane.forgetUnconfirmed()
        lane.report.tellFailed(error.description)
        if let complainedAt = lane.complainedAt, time.monotonic - complainedAt < Self.complaintInterval { return }
        lane.complainedAt = time.monotonic
        self.logger.warning(
            "cannot write to the file; its messages stay unacked and are tried again, and all else goes on",
            metadata: ["path": "\(lane.path)", "reason": "\(error.description)"]
        )
    }

    // MARK: Time

    private mutating func tick(_ lane: FileLane, at time: Moment) -> NIODeadline? {
        if let due = lane.confirmationDue, due <= time.monotonic { self.confirmOrFail(lane, at: time) }
        guard let file = lane.file else { return nil }
        if !lane.hasWork, lane.confirmationDue == nil, self.mustRotate(lane, file, at: time) {
            do {
                _ = try self.rotate(lane, file, at: time)
            } catch {
                self.fail(lane, error, at: time)
            }
        }
        let idleAt = lane.lastWrite + self.configuration.idleClose
        if !lane.hasWork, lane.confirmationDue == nil, idleAt <= time.monotonic {
            self.close(lane)
            return nil
        }
        var next = min(lane.confirmationDue ?? .distantFuture, max(idleAt, time.monotonic + .milliseconds(1)))
        if let periodEnd = self.periods?.end(of: time.wall) { next = min(next, time.monotonic + periodEnd) }
        return next
    }

    // MARK: Rotation

    private var periods: Periods? { self.configuration.rotation?.every.map(Periods.init) }

    private func mayRotate(_ lane: FileLane, at time: Moment) -> Bool {
        lane.rotationHeldUntil.map { $0 <= time.monotonic } ?? true
    }

    private func mustRotate(_ lane: FileLane, _ file: OutputFile, at time: Moment) -> Bool {
        guard let rotation = self.configuration.rotation, file.length > 0, self.mayRotate(lane, at: time) else { return false }
        if let size = rotation.size, file.length >= size { return true }
        guard let period = self.periods?.index(of: time.wall) else { return false }
        return lane.period != period
    }

    private func room(in file: OutputFile, of lane: FileLane, at time: Moment) -> Int64 {
        guard let size = self.configuration.rotation?.size, self.mayRotate(lane, at: time) else { return .max }
        return max(size - file.length, 0)
    }

    /// Gives the file another name, and begins a new one.
    private mutating func rotate(_ lane: FileLane, _ file: OutputFile, at time: Moment) throws(SinkError) -> OutputFile {
        try self.confirm(lane, file)
        // In the new file it cannot be read any more what the old one holds.
        try file.finish()
        let name: String
        do throws(SystemCallError) {
            name = try ArchiveName.free(for: lane.path, at: time.wall, self.operations)
            try self.operations.rename(lane.path, name)
        } catch {
            lane.rotationHeldUntil = time.monotonic + Self.complaintInterval
            self.logger.warning(
                "cannot rotate the file; it goes on growing, and that is tried again in a minute",
                metadata: ["path": "\(lane.path)", "reason": "\(error)"]
            )
            return file
        }
        lane.rotationHeldUntil = nil
        self.closeWithoutFinishing(lane)
        self.logger.info("rotated the file", metadata: ["path": "\(lane.path)", "to": "\(Directories.name(of: name))"])
        let successor = try self.openFile(of: lane, at: time)
        self.archives.take(archivesOf: lane.path)
        return successor
    }

    // MARK: Files

    private mutating func lane(for path: String) -> FileLane {
        if let lane = self.lanes[path] { return lane }
        let lane = FileLane(path: path)
        self.lanes[path] = lane
        return lane
    }

    private mutating func openFile(of lane: FileLane, at time: Moment) throws(SinkError) -> OutputFile {
        self.uses += 1
        lane.lastUse = self.uses
        if let file = lane.file {
            switch file.look() {
            case .good:
                return file
            case .cutShort(let bytes):
                self.logger.warning(
                    "the file was cut short by others: what was cut off is lost (logrotate: no copytruncate, but SIGUSR1)",
                    metadata: ["path": "\(lane.path)", "bytes": "\(bytes)"]
                )
                return file
            case .deleted:
                self.logger.warning(
                    "the file was deleted by others, and what was in it is gone: making it again",
                    metadata: ["path": "\(lane.path)"]
                )
                self.confirmOrFail(lane, at: time)
                self.closeWithoutFinishing(lane)
            }
        }
        while self.open.count >= max(1, self.configuration.maximumOpenFiles) {
            guard let oldest = self.open.min(by: { $0.lastUse < $1.lastUse }) else { break }
            self.confirmOrFail(oldest, at: time)
            self.close(oldest)
            self.forgetIfIdle(oldest)
        }
        let file = try OutputFile.open(
            path: lane.path,
            sink: self.sink,
            format: self.configuration.format,
            mode: self.configuration.mode,
            confirmed: lane.confirmed,
            operations: self.operations,
            logger: self.logger
        )
        if self.configuration.rotation != nil, !lane.wasOpened { self.archives.take(archivesOf: lane.path) }
        lane.file = file
        lane.confirmed = nil
        lane.lastWrite = time.monotonic
        lane.period = self.periods?.index(of: file.length > 0 ? file.lastModified : time.wall)
        lane.wasOpened = true
        lane.beginSegment()
        self.open.append(lane)
        self.counters.setOpenFiles(self.open.count)
        return file
    }

    /// Closes a file so that it can be opened again without being read again.
    private mutating func close(_ lane: FileLane) {
        do {
            try lane.file?.finish()
        } catch {
            self.logger.warning(
                "what the file holds cannot be written down beside it; it is read again when it is opened next",
                metadata: ["path": "\(lane.path)", "reason": "\(error.description)"]
            )
        }
        self.closeWithoutFinishing(lane)
    }

    private mutating func closeWithoutFinishing(_ lane: FileLane) {
        guard lane.file != nil else { return }
        lane.file = nil
        self.open.removeAll { $0 === lane }
        self.counters.setOpenFiles(self.open.count)
    }

    private mutating func forgetIfIdle(_ lane: FileLane) {
        if lane.file == nil, !lane.hasWork, !lane.isFailing { self.lanes[lane.path] = nil }
    }
}
