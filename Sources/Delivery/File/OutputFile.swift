import Glibc
import Logging

/// One open file, locked, of which is known how much of it is safely on disk.
///
/// Records are only ever appended. What a failed write left behind is cut off again, so that the file always ends with a whole record
/// that was confirmed.
final class OutputFile {
    /// How much of which file is known to be on disk and wanted: what a file is cut back to when it is opened again after a failure.
    struct Confirmed: Equatable {
        let device: dev_t
        let inode: ino_t
        let length: Int64
    }

    let path: String

    /// False after a failure that leaves open what the file holds beyond `confirmed`: it has to be opened again.
    private(set) var isTrusted = true

    private(set) var confirmed: Confirmed

    private let descriptor: Int32
    private let operations: FileOperations

    private init(path: String, descriptor: Int32, confirmed: Confirmed, operations: FileOperations) {
        self.path = path
        self.descriptor = descriptor
        self.confirmed = confirmed
        self.operations = operations
    }

    deinit {
        close(self.descriptor)
    }

    /// Opens a file, made with its directories where it is missing; locks it, and cuts off an incomplete last record.
    ///
    /// - Parameters:
    ///   - mode: the permissions of a new file, exactly; the umask does not count.
    ///   - confirmed: what `confirmed` was when the file had to be closed after a failure.
    /// - Throws: an error that begins with the path.
    static func open(
        path: String,
        mode: UInt32,
        confirmed: Confirmed?,
        operations: FileOperations,
        logger: Logger
    ) throws(SinkError) -> OutputFile {
        let descriptor = try self.openDescriptor(path: path, mode: mode)
        var isOurs = false
        defer {
            if !isOurs { close(descriptor) }
        }
        let status = try self.status(of: descriptor, path: path)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SinkError("\(path): \(self.kind(of: status)), not a file")
        }
        do {
            _ = try SystemCallError.check { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            guard error.code == EWOULDBLOCK else { throw SinkError("\(path): cannot lock it: \(error)") }
            throw SinkError(
                "\(path): another process or sink has it open for writing (each needs a file of its own; {client_id} in the path helps)"
            )
        }

        // Asked again under the lock: its last owner may just have finished.
        var length = Int64(try self.status(of: descriptor, path: path).st_size)
        if let confirmed, confirmed.device == status.st_dev, confirmed.inode == status.st_ino, confirmed.length < length {
            try self.cut(descriptor, path: path, to: confirmed.length, operations: operations)
            logger.info(
                "cut off what a failed write had left in the file",
                metadata: ["path": "\(path)", "bytes": "\(length - confirmed.length)"]
            )
            length = confirmed.length
        }
        let whole = try TornTail.lengthOfWholeRecords(in: descriptor, length: length, path: path)
        if whole < length {
            try self.cut(descriptor, path: path, to: whole, operations: operations)
            logger.warning(
                "the file ended in the middle of a record that was never confirmed: cut it off",
                metadata: ["path": "\(path)", "bytes": "\(length - whole)"]
            )
        }
        isOurs = true
        return OutputFile(
            path: path,
            descriptor: descriptor,
            confirmed: Confirmed(device: status.st_dev, inode: status.st_ino, length: whole),
            operations: operations
        )
    }

    /// Asks the system for the file's length, which others may have changed (`copytruncate`).
    ///
    /// - Returns: false when the file was deleted: what is written to it then would be lost.
    func prepare() -> Bool {
        guard let status = try? Self.status(of: self.descriptor, path: self.path), status.st_nlink > 0 else { return false }
        self.confirmed = Confirmed(device: status.st_dev, inode: status.st_ino, length: Int64(status.st_size))
        return true
    }

    /// Appends whole records and puts them on disk; when it returns, they are there for good.
    ///
    /// - Throws: when they are not. Then none of them is in the file, or the file is not trusted any more.
    func commit(_ records: UnsafeRawBufferPointer) throws(SinkError) {
        do {
            try self.operations.writeAll(records, to: self.descriptor)
        } catch {
            self.isTrusted = self.takeBack()
            throw SinkError("\(self.path): cannot write: \(error)")
        }
        do {
            try self.operations.syncUninterrupted(self.descriptor)
        } catch {
            // The system may have dropped the pages that it could not write and forgotten about it: a later sync that
            // succeeds says nothing about them.
            self.isTrusted = false
            _ = self.takeBack()
            throw SinkError("\(self.path): cannot sync to disk: \(error)")
        }
        self.confirmed = Confirmed(
            device: self.confirmed.device,
            inode: self.confirmed.inode,
            length: self.confirmed.length + Int64(records.count)
        )
    }

    /// Cuts off what was written since the last confirmation.
    private func takeBack() -> Bool {
        (try? Self.cut(self.descriptor, path: self.path, to: self.confirmed.length, operations: self.operations)) != nil
    }

    private static func cut(
        _ descriptor: Int32,
        path: String,
        to length: Int64,
        operations: FileOperations
    ) throws(SinkError) {
        do {
            try operations.truncateUninterrupted(descriptor, to: length)
        } catch {
            throw SinkError("\(path): cannot cut off an incomplete record: \(error)")
        }
    }

    private static func status(of descriptor: Int32, path: String) throws(SinkError) -> stat {
        var status = stat()
        do {
            _ = try SystemCallError.check { fstat(descriptor, &status) }
        } catch {
            throw SinkError("\(path): \(error)")
        }
        return status
    }

    /// - Returns: the descriptor of whatever the path names, which need not be a file.
    private static func openDescriptor(path: String, mode: UInt32) throws(SinkError) -> Int32 {
        // Reading is for the end of the last record; O_NONBLOCK so that a FIFO cannot stop us before we see that it is one.
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
        do throws(SystemCallError) {
            for _ in 0..<8 {
                do {
                    return try SystemCallError.check { Glibc.open(path, flags) }
                } catch {
                    guard error.code == ENOENT else { throw error }
                }
                try Directories.make(Directories.parent(of: path))
                do {
                    return try self.create(path: path, flags: flags, mode: mode)
                } catch {
                    // Somebody else was faster, to make it or to take its directory away: once more.
                    guard error.code == EEXIST || error.code == ENOENT else { throw error }
                }
            }
            throw SystemCallError(ENOENT)
        } catch {
            throw SinkError("\(path): \(self.explain(error, path: path))")
        }
    }

    private static func create(path: String, flags: Int32, mode: UInt32) throws(SystemCallError) -> Int32 {
        let descriptor = try SystemCallError.check { Glibc.open(path, flags | O_CREAT | O_EXCL, mode) }
        do throws(SystemCallError) {
            _ = try SystemCallError.check { fchmod(descriptor, mode) }
            try Directories.sync(Directories.parent(of: path))
        } catch {
            // Or it would be found the next time, and nobody would sync its directory.
            unlink(path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func explain(_ error: SystemCallError, path: String) -> String {
        switch error.code {
        case EISDIR: "it is a directory (the path must name a file)"
        case ELOOP: "it is a symbolic link, which is not followed"
        case EACCES, EPERM: "cannot write to it: \(error) (look at the owner and mode of the file and of its directory)"
        default: "cannot open it: \(error)"
        }
    }

    private static func kind(of status: stat) -> String {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "it is a directory"
        case S_IFIFO: "it is a FIFO"
        case S_IFSOCK: "it is a socket"
        case S_IFCHR, S_IFBLK: "it is a device"
        default: "it is something else"
        }
    }
}
