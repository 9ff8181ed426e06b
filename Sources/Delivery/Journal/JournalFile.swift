import Glibc

/// An open journal, to add records to. It ends with a whole record, or is not trusted any more.
final class JournalFile {
    let path: String

    /// How long it is with what was added, in bytes.
    private(set) var length: Int

    /// How long header and snapshot are, in bytes.
    let snapshotLength: Int

    /// False after a failure that leaves open what the file holds.
    private(set) var isTrusted = true

    /// Whether something was written since the last sync.
    private(set) var isDirty = false

    private let descriptor: Int32
    private let operations: FileOperations

    /// Takes over the descriptor.
    init(path: String, descriptor: Int32, length: Int, snapshotLength: Int, operations: FileOperations) {
        self.path = path
        self.descriptor = descriptor
        self.length = length
        self.snapshotLength = snapshotLength
        self.operations = operations
    }

    deinit {
        close(self.descriptor)
    }

    /// Makes a file beside the one of that path, and puts it into its place, safely on disk: at any time, the path names one or the
    /// other, and whole.
    ///
    /// - Parameter content: header and snapshot.
    static func replace(
        path: String,
        mode: UInt32,
        content: UnsafeRawBufferPointer,
        operations: FileOperations
    ) throws(JournalError) -> JournalFile {
        do throws(SystemCallError) {
            let descriptor = try operations.replace(path, mode: mode, flags: O_WRONLY | O_APPEND) {
                descriptor throws(SystemCallError) in try operations.writeAll(content, to: descriptor)
            }
            return JournalFile(
                path: path,
                descriptor: descriptor,
                length: content.count,
                snapshotLength: content.count,
                operations: operations
            )
        } catch {
            throw JournalError("\(path): cannot write it: \(error)", cause: error)
        }
    }

    /// Cuts off whatever lies behind its length.
    func cutOffRest() throws(JournalError) {
        do {
            try self.operations.truncateUninterrupted(self.descriptor, to: Int64(self.length))
        } catch {
            throw JournalError("\(self.path): cannot cut off an incomplete record: \(error)", cause: error)
        }
    }

    func append(_ records: UnsafeRawBufferPointer) throws(JournalError) {
        do {
            try self.operations.writeAll(records, to: self.descriptor)
            self.length += records.count
            self.isDirty = true
        } catch {
            self.isTrusted = (try? self.cutOffRest()) != nil
            throw JournalError("\(self.path): cannot write: \(error)", cause: error)
        }
    }

    /// Puts what was added on disk.
    func sync() throws(JournalError) {
        guard self.isDirty else { return }
        self.isDirty = false
        var status = stat()
        if fstat(self.descriptor, &status) == 0, status.st_nlink == 0 {
            self.isTrusted = false
            throw JournalError("\(self.path): it was deleted")
        }
        do {
            try self.operations.syncUninterrupted(self.descriptor)
        } catch {
            // The system may have dropped the pages that it could not write and forgotten about it.
            self.isTrusted = false
            throw JournalError("\(self.path): cannot sync to disk: \(error)", cause: error)
        }
    }
}
