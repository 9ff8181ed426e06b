import Logging
import NIOCore

/// What the journal's thread does for one route: writes what waits, syncs it, and goes on after failures.
///
/// A file holds all that was recorded up to some moment, never more with a gap before it: what could not be written is kept and
/// tried again; when it had to be dropped, the file is left as it is until a snapshot begins a new one.
struct JournalOutput: ~Copyable {
    struct Limits {
        /// A file may always have this many bytes before a snapshot is asked for.
        var smallFile = 1 << 20

        /// A file may have this many times its snapshot before another one is asked for.
        var growth = 4

        /// A file with this many times what a snapshot is asked for at is not added to any more.
        var overgrowth = 16

        /// Between the lines that say that it still fails.
        var complaintInterval = TimeAmount.minutes(1)
    }

    enum Progress {
        case nothingToDo
        case written
        case failed
    }

    private let path: String
    private let identity: JournalIdentity
    private let mode: UInt32
    private let operations: FileOperations
    private let limits: Limits
    private let logger: Logger

    /// nil when it is closed.
    private var lock: JournalLock?

    /// nil after a failure, until there is a snapshot to begin a new one with.
    private var file: JournalFile?

    private var unwritten = RecordBuffer()

    /// When it was last said that it fails; nil while all is well.
    private var complainedAt: NIODeadline?

    init(start: consuming JournalStart, limits: Limits) {
        self.path = start.path
        self.identity = start.identity
        self.mode = start.mode
        self.operations = start.operations
        self.limits = limits
        self.logger = start.logger
        self.file = start.file
        let lock = start.lock
        self.lock = consume lock
    }

    var isDirty: Bool { self.file?.isDirty ?? false }

    /// Writes what waits, so that it survives this process.
    mutating func write(_ queue: JournalQueue, now: NIODeadline) -> Progress {
        do throws(JournalError) {
            if let memory = queue.take(into: &self.unwritten) {
                self.file = nil
                self.file = try self.begin(with: memory)
                self.succeed(queue)
            }
            let progress = try self.appendUnwritten(queue)
            self.askForSnapshot(queue)
            return progress
        } catch {
            self.fail(error, queue, now: now)
            return .failed
        }
    }

    /// Puts what was written on disk, so that it survives a power failure.
    ///
    /// - Returns: false when it could not be done.
    mutating func sync(_ queue: JournalQueue, now: NIODeadline) -> Bool {
        do throws(JournalError) {
            try self.file?.sync()
            return true
        } catch {
            self.fail(error, queue, now: now)
            return false
        }
    }

    private func begin(with memory: RouteMemory) throws(JournalError) -> JournalFile {
        var content = RecordBuffer()
        JournalCodec.append(self.identity, to: &content)
        JournalCodec.append(memory, to: &content)
        return try JournalFile.replace(path: self.path, mode: self.mode, content: content.bytes, operations: self.operations)
    }

    private mutating func appendUnwritten(_ queue: JournalQueue) throws(JournalError) -> Progress {
        guard self.unwritten.count > 0, let file = self.file else {
            self.unwritten.removeAll(keepingAtMost: 64 << 10)
            return .nothingToDo
        }
        guard file.length < self.snapshotLength(of: file) * self.limits.overgrowth else {
            self.file = nil
            throw JournalError("\(self.path): it has grown to \(file.length) bytes without being compacted")
        }
        try file.append(self.unwritten.bytes)
        self.unwritten.removeAll(keepingAtMost: 64 << 10)
        self.succeed(queue)
        return .written
    }

    private func askForSnapshot(_ queue: JournalQueue) {
        if let file = self.file, file.length < self.snapshotLength(of: file), !queue.isLosing { return }
        queue.requestSnapshot()
    }

    /// From which length on a file is to be replaced, in bytes.
    private func snapshotLength(of file: JournalFile) -> Int {
        max(self.limits.smallFile, file.snapshotLength * self.limits.growth)
    }

    private mutating func fail(_ error: JournalError, _ queue: JournalQueue, now: NIODeadline) {
        if self.file?.isTrusted != true {
            self.file = nil
            self.unwritten.removeAll(keepingAtMost: 64 << 10)
            queue.lose()
        }
        queue.setFailing(true)
        if let complainedAt, now - complainedAt < self.limits.complaintInterval { return }
        self.complainedAt = now
        self.logger.warning(
            "cannot write the delivery journal; deliveries go on, but a crash now may repeat some",
            metadata: ["path": "\(self.path)", "reason": "\(error.description)"]
        )
    }

    private mutating func succeed(_ queue: JournalQueue) {
        guard self.complainedAt != nil else { return }
        self.complainedAt = nil
        queue.setFailing(false)
        self.logger.notice("the delivery journal is written again", metadata: ["path": "\(self.path)"])
    }

    /// Closes and unlocks the file.
    mutating func close() {
        self.file = nil
        self.lock = nil
        self.unwritten = RecordBuffer()
    }
}
