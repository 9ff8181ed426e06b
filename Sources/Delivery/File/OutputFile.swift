import Glibc
import Logging

/// One open file, locked, of which is known what it holds and how much of it is safely on disk.
///
/// Records are only ever appended. What a failed write left behind is cut off again, so that the file always ends with a whole record.
final class OutputFile {
    /// How much of which file is confirmed: what a file is cut back to when it is opened again after a failure.
    struct Confirmed: Equatable {
        let identity: FileStatus.Identity
        let length: Int64
    }

    enum State: Equatable {
        case good
        /// It has no name any more: what is written to it would be lost.
        case deleted
        /// Others have made it shorter, by so many bytes.
        case cutShort(Int64)
    }

    let path: String
    let sink: String
    let identity: FileStatus.Identity

    /// When it was last written to: nanoseconds since the Unix epoch, by the system's clock. Later writes do not count.
    let lastModified: Int64

    /// False after a failure that leaves open what the file or its record hold: it has to be opened again.
    private(set) var isTrusted = true

    /// What it has to be cut back to then; nil where only the record can tell.
    private(set) var confirmed: Confirmed?

    /// The file's length in bytes.
    private(set) var length: Int64

    /// The messages that are confirmed to be in the file, or were in one that had its name before.
    private(set) var held: HeldMessages

    /// How many bytes of it the record knows of.
    private var recordedLength: Int64?

    private let descriptor: Int32
    private let format: RecordFormat
    private let store: FileRecordStore
    private let operations: FileOperations

    /// Lines of JSON say what they are. A record every so many bytes is enough: what is read again at the start is never more.
    static let recordInterval: Int64 = 16 << 20

    private init(
        path: String,
        sink: String,
        descriptor: Int32,
        status: FileStatus,
        format: RecordFormat,
        recovered: FileRecovery.Result,
        store: FileRecordStore,
        operations: FileOperations
    ) {
        self.path = path
        self.sink = sink
        self.descriptor = descriptor
        self.identity = status.identity
        self.lastModified = status.modified
        self.format = format
        self.length = recovered.length
        self.confirmed = Confirmed(identity: status.identity, length: recovered.length)
        self.held = recovered.held
        self.recordedLength = recovered.recordedLength
        self.store = store
        self.operations = operations
    }

    deinit {
        self.operations.close(self.descriptor)
    }

    /// Opens a file, made with its directories where it is missing; locks it, and finds out what it holds.
    ///
    /// - Parameters:
    ///   - sink: the name of the sink that writes to it.
    ///   - mode: the permissions of a new file, exactly; the umask does not count.
    ///   - confirmed: what `confirmed` was when the file had to be closed after a failure.
    /// - Throws: an error that begins with the path.
    static func open(
        path: String,
        sink: String,
        format: RecordFormat,
        mode: UInt32,
        confirmed: Confirmed?,
        operations: FileOperations,
        logger: Logger
    ) throws(SinkError) -> OutputFile {
        let opening = FileOpening(path: path, mode: mode, operations: operations)
        let descriptor = try opening.open()
        var isOurs = false
        defer {
            if !isOurs { operations.close(descriptor) }
        }
        // Asked under the lock: its last owner may just have finished.
        let status = try opening.status(of: descriptor)
        let store: FileRecordStore
        let found: FileRecordStore.Found
        do throws(SystemCallError) {
            (store, found) = try FileRecordStore.open(for: path, mode: mode, operations: operations)
        } catch {
            throw SinkError("\(FileRecordStore.path(of: path)): cannot read what the file beside it holds: \(error)")
        }
        let recovery = FileRecovery(
            path: path,
            descriptor: descriptor,
            status: status,
            format: format,
            operations: operations,
            logger: logger
        )
        let recovered = try recovery.run(found, confirmed: confirmed)
        let file = OutputFile(
            path: path,
            sink: sink,
            descriptor: descriptor,
            status: status,
            format: format,
            recovered: recovered,
            store: store,
            operations: operations
        )
        isOurs = true
        try file.settle(recovered.unsure)
        return file
    }

    /// Puts on disk what was found at the start, so that it can be built upon.
    ///
    /// - Parameter unsure: what was found and may not be on disk.
    private func settle(_ unsure: Range<Int64>?) throws(SinkError) {
        if let unsure { try self.writeAgain(unsure) }
        if self.length > 0 { try self.sync() }
        let mustRecord = self.format == .json ? self.length >= Self.recordInterval : true
        if self.recordedLength == nil, mustRecord { try self.record(isDurable: true) }
    }

    /// Writes bytes over themselves. Whoever wrote them may have seen a sync of them fail: the system takes them for written then,
    /// and another sync would not write them either.
    private func writeAgain(_ range: Range<Int64>) throws(SinkError) {
        do throws(SystemCallError) {
            // Writes to our own descriptor all go to the end.
            let descriptor = try self.operations.open(self.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
            defer { self.operations.close(descriptor) }
            guard try self.operations.status(descriptor).identity == self.identity else { return }
            var offset = max(range.lowerBound, range.upperBound - Self.longestUnsure)
            while offset < range.upperBound {
                let count = Int(min(1 << 20, range.upperBound - offset))
                let bytes = try self.operations.bytes(of: descriptor, at: offset, count: count)
                guard !bytes.isEmpty else { break }
                try self.operations.writeAll(bytes, to: descriptor, at: offset)
                offset += Int64(bytes.count)
            }
        } catch {
            throw SinkError("\(self.path): cannot write its end again: \(error)")
        }
    }

    /// More than is ever written without a sync.
    private static let longestUnsure: Int64 = 128 << 20

    /// Looks at what others have done to the file.
    func look() -> State {
        guard let status = try? self.operations.status(self.descriptor), status.links > 0 else { return .deleted }
        defer { self.length = status.length }
        guard status.length < self.length else { return .good }
        self.confirmed = Confirmed(identity: self.identity, length: min(self.confirmed?.length ?? 0, status.length))
        return .cutShort(self.length - status.length)
    }

    /// Appends whole records, without putting them on disk.
    ///
    /// - Throws: when not all of them were written. Then none of them is in the file, or the file is not trusted any more.
    func append(_ records: UnsafeRawBufferPointer) throws(SinkError) {
        do {
            try self.operations.writeAll(records, to: self.descriptor)
            self.length += Int64(records.count)
        } catch {
            self.isTrusted = self.cutBack(to: self.length)
            throw SinkError("\(self.path): cannot write: \(error)")
        }
    }

    /// Puts what was appended on disk, and writes down that it holds these messages; when it returns, they are there for good.
    ///
    /// - Parameter isDurable: false leaves it to the system when all of that reaches the disk.
    /// - Throws: when they are not. The file is not trusted any more.
    func confirm(_ messages: HeldMessages, isDurable: Bool) throws(SinkError) {
        if isDurable { try self.sync() }
        self.held.formUnion(messages)
        self.confirmed = Confirmed(identity: self.identity, length: self.length)
        if self.format != .json {
            try self.record(isDurable: isDurable)
        } else if self.length - (self.recordedLength ?? 0) >= Self.recordInterval {
            try self.record(isDurable: true)
        }
    }

    /// Cuts off what was appended and not confirmed.
    func abandonUnconfirmed() {
        guard self.isTrusted, let confirmed, confirmed.length < self.length else { return }
        self.isTrusted = self.cutBack(to: confirmed.length)
    }

    /// Before it is closed or gets another name: leaves nothing to be found out by whoever opens it next.
    func finish() throws(SinkError) {
        guard self.isTrusted, self.length != self.recordedLength, self.length == self.confirmed?.length else { return }
        try self.record(isDurable: true)
    }

    private func sync() throws(SinkError) {
        do {
            try self.operations.syncUninterrupted(self.descriptor)
        } catch {
            // The system may have dropped the pages that it could not write and forgotten about it: a later sync that
            // succeeds says nothing about them.
            self.isTrusted = false
            if let confirmed { _ = self.cutBack(to: confirmed.length) }
            throw SinkError("\(self.path): cannot sync to disk: \(error)")
        }
    }

    private func record(isDurable: Bool) throws(SinkError) {
        do {
            try self.store.write(
                FileRecord(sink: self.sink, identity: self.identity, length: self.length, held: self.held),
                isDurable: isDurable
            )
            self.recordedLength = self.length
        } catch {
            // It may be there or not: the one who reads it next knows, and goes by it.
            self.isTrusted = false
            self.confirmed = nil
            throw SinkError("\(self.store.path): cannot write down what the file beside it holds: \(error)")
        }
    }

    /// Cuts off what was written since.
    private func cutBack(to length: Int64) -> Bool {
        guard (try? self.operations.truncateUninterrupted(self.descriptor, to: length)) != nil else { return false }
        self.length = length
        return true
    }
}
