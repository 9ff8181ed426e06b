import Glibc
import Logging

/// Opens a journal as the last process left it, and says what is lost where it cannot be used.
struct JournalStart: ~Copyable {
    /// More than a journal can grow to.
    private static let maximumLength = 1 << 30

    let path: String
    let identity: JournalIdentity
    let mode: UInt32
    let operations: FileOperations
    let logger: Logger
    let lock: JournalLock

    /// nil when the disk was full: the journal begins when there is room.
    private(set) var file: JournalFile?

    /// What the journal remembers.
    private(set) var memory = RouteMemory()

    private init(
        path: String,
        identity: JournalIdentity,
        mode: UInt32,
        operations: FileOperations,
        logger: Logger,
        lock: consuming JournalLock
    ) {
        self.path = path
        self.identity = identity
        self.mode = mode
        self.operations = operations
        self.logger = logger
        self.lock = lock
    }

    /// Blocks.
    ///
    /// - Throws: when somebody else has the journal, or there can be none in that directory.
    static func open(
        directory: String,
        identity: JournalIdentity,
        mode: UInt32,
        operations: FileOperations,
        logger: Logger
    ) throws(JournalError) -> JournalStart {
        let path = try identity.path(in: directory)
        let parent = Directories.parent(of: path)
        do {
            try Directories.make(parent)
        } catch {
            throw JournalError("\(parent): cannot make the directory: \(error)", cause: error)
        }
        let lock = try JournalLock.take(journal: path)
        var start = JournalStart(
            path: path,
            identity: identity,
            mode: mode,
            operations: operations,
            logger: logger,
            lock: lock
        )
        try start.recover()
        return start
    }

    private mutating func recover() throws(JournalError) {
        guard let (descriptor, bytes) = try self.read() else {
            self.logger.notice(
                "there is no delivery journal yet: it is begun",
                metadata: ["path": "\(self.path)", "lost": "\(Self.lost), if there was one before"]
            )
            return try self.begin()
        }
        let scan = JournalScan(bytes ?? [])
        guard let stored = scan.identity else {
            close(descriptor)
            return try self.beginAnew(because: self.reason(bytes, scan))
        }
        if let difference = stored.difference(from: self.identity) {
            close(descriptor)
            return try self.beginAnew(because: "it is of another subscription: \(difference)")
        }
        self.memory = scan.memory
        // Closes the descriptor unless it is kept.
        let file = JournalFile(
            path: self.path,
            descriptor: descriptor,
            length: scan.goodBytes,
            snapshotLength: scan.snapshotBytes,
            operations: self.operations
        )
        let rest = (bytes?.count ?? 0) - scan.goodBytes
        switch scan.ending {
        case .whole:
            break
        case .torn:
            try file.cutOffRest()
            self.logger.notice(
                "the delivery journal ended in the middle of a record, as after a crash: cut it off",
                metadata: ["path": "\(self.path)", "bytes": "\(rest)", "lost": "\(Self.lostEnd)"]
            )
        case .damaged:
            try self.putAside()
            self.logger.warning(
                "a record of the delivery journal is damaged: it and what came after it is not used",
                metadata: [
                    "path": "\(self.path)", "offset": "\(scan.goodBytes)", "bytes": "\(rest)", "copy": "\(self.oldPath)",
                    "lost": "\(Self.lostEnd)",
                ]
            )
        }
        if stored != self.identity {
            self.memory = scan.memory.renumbered(from: stored, to: self.identity)
            self.logger.info(
                "the route's sinks have changed since its delivery journal was written",
                metadata: ["path": "\(self.path)"]
            )
        }
        if scan.ending == .damaged || stored != self.identity {
            try self.begin()
        } else {
            self.file = file
        }
    }

    // MARK: A new journal

    private static let lost = "what was delivered but not acked before this start is delivered again, and attempts count from 1"
    private static let lostEnd = "what was delivered in the last instant before the crash may be delivered again"

    private var oldPath: String { "\(self.path).old" }

    private func reason(_ bytes: [UInt8]?, _ scan: borrowing JournalScan) -> String {
        if let version = scan.foreignVersion {
            return "its format has version \(version), and this program knows \(JournalCodec.version)"
        }
        return bytes == nil ? "it cannot be read" : "it is damaged from its beginning on, or no journal at all"
    }

    private mutating func beginAnew(because reason: String) throws(JournalError) {
        try self.putAside()
        self.logger.warning(
            "the delivery journal cannot be used and is begun anew",
            metadata: ["path": "\(self.path)", "reason": "\(reason)", "kept_as": "\(self.oldPath)", "lost": "\(Self.lost)"]
        )
        try self.begin()
    }

    private func putAside() throws(JournalError) {
        do {
            _ = try SystemCallError.check { rename(self.path, self.oldPath) }
        } catch {
            throw JournalError("\(self.path): cannot rename it to \(self.oldPath): \(error)", cause: error)
        }
    }

    /// Begins a file with the memory that there is.
    private mutating func begin() throws(JournalError) {
        var content = RecordBuffer()
        JournalCodec.append(self.identity, to: &content)
        JournalCodec.append(self.memory, to: &content)
        do {
            self.file = try JournalFile.replace(
                path: self.path,
                mode: self.mode,
                content: content.bytes,
                operations: self.operations
            )
        } catch {
            guard error.cause?.code == ENOSPC || error.cause?.code == EDQUOT else { throw error }
            self.logger.warning(
                "there is no room for the delivery journal; deliveries begin without it, and a crash now may repeat some",
                metadata: ["path": "\(self.path)", "reason": "\(error.description)"]
            )
        }
    }

    // MARK: Reading

    /// - Returns: nil where there is no file. No bytes where there is one that cannot be read.
    private func read() throws(JournalError) -> (descriptor: Int32, bytes: [UInt8]?)? {
        let descriptor: Int32
        do {
            // O_NONBLOCK so that a FIFO cannot stop us before we see that it is one.
            let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
            descriptor = try SystemCallError.check { Glibc.open(self.path, flags) }
        } catch {
            if error.code == ENOENT { return nil }
            throw JournalError(
                "\(self.path): cannot open it: \(error) (it must be a file that the daemon may write)",
                cause: error
            )
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw JournalError("\(self.path): it is not a file (move it away)")
        }
        guard status.st_size <= Self.maximumLength else { return (descriptor, nil) }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { bytes, count in
            while count < bytes.count {
                let read = try? SystemCallError.check {
                    pread(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count, off_t(count))
                }
                failed = read == nil
                guard let read, read > 0 else { break }
                count += read
            }
        }
        return (descriptor, failed ? nil : bytes)
    }
}
