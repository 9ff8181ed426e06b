/// The system calls of files and directories, one call each. Tests put failures, or a disk of their own, in their place.
package struct FileOperations: Sendable {
    /// open(2) with flags and, for a new file, its mode.
    package var open: @Sendable (String, Int32, UInt32) throws(SystemCallError) -> Int32

    /// close(2).
    package var close: @Sendable (Int32) -> Void

    /// fstat(2).
    package var status: @Sendable (Int32) throws(SystemCallError) -> FileStatus

    /// lstat(2).
    package var statusOfPath: @Sendable (String) throws(SystemCallError) -> FileStatus

    /// flock(2), exclusively and without waiting: EWOULDBLOCK where somebody else has the lock.
    package var lock: @Sendable (Int32) throws(SystemCallError) -> Void

    /// fchmod(2).
    package var setMode: @Sendable (Int32, UInt32) throws(SystemCallError) -> Void

    /// pread(2): may read less than there is room for; 0 at the end.
    package var read: @Sendable (Int32, UnsafeMutableRawBufferPointer, Int64) throws(SystemCallError) -> Int

    /// write(2): may write less than it was given, and may be interrupted.
    package var write: @Sendable (Int32, UnsafeRawBufferPointer) throws(SystemCallError) -> Int

    /// pwrite(2), likewise.
    package var writeAt: @Sendable (Int32, UnsafeRawBufferPointer, Int64) throws(SystemCallError) -> Int

    /// fdatasync(2).
    package var sync: @Sendable (Int32) throws(SystemCallError) -> Void

    /// ftruncate(2).
    package var truncate: @Sendable (Int32, Int64) throws(SystemCallError) -> Void

    /// rename(2).
    package var rename: @Sendable (String, String) throws(SystemCallError) -> Void

    /// unlink(2).
    package var remove: @Sendable (String) throws(SystemCallError) -> Void

    /// mkdir(2).
    package var makeDirectory: @Sendable (String, UInt32) throws(SystemCallError) -> Void

    /// fsync(2) of a directory.
    package var syncDirectory: @Sendable (String) throws(SystemCallError) -> Void

    /// faccessat(2): throws when no files can be made in a directory.
    package var checkWritable: @Sendable (String) throws(SystemCallError) -> Void

    /// The names in a directory, in any order.
    package var list: @Sendable (String) throws(SystemCallError) -> [String]
}

/// What is known of a file besides its content.
package struct FileStatus: Sendable, Equatable {
    package enum Kind: Sendable {
        case file, directory, link, fifo, socket, device, other
    }

    /// What tells a file from every other of the machine, for as long as it exists.
    package struct Identity: Sendable, Equatable {
        package var device: UInt64
        package var inode: UInt64

        package init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }

    package var kind: Kind
    package var identity: Identity

    /// In bytes.
    package var length: Int64

    /// How many names it has; none once it was deleted.
    package var links: Int

    /// When its content changed last: nanoseconds since the Unix epoch.
    package var modified: Int64

    package init(kind: Kind, identity: Identity, length: Int64, links: Int, modified: Int64) {
        self.kind = kind
        self.identity = identity
        self.length = length
        self.links = links
        self.modified = modified
    }
}

// The same, whatever signals interrupt them.
extension FileOperations {
    /// Writes all of the bytes, in as many calls as it takes.
    ///
    /// - Throws: when not all of them were written; some of them may have been.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SystemCallError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try Self.uninterrupted { () throws(SystemCallError) in try self.write(descriptor, rest) }
            guard count > 0 else { throw SystemCallError.inputOutput }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func writeAll(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64) throws(SystemCallError) {
        var failure: SystemCallError?
        bytes.withUnsafeBytes { bytes in
            do throws(SystemCallError) {
                try self.writeAll(bytes, to: descriptor, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// The same at a place of its own.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int64) throws(SystemCallError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let place = offset + Int64(written)
            let count = try Self.uninterrupted { () throws(SystemCallError) in try self.writeAt(descriptor, rest, place) }
            guard count > 0 else { throw SystemCallError.inputOutput }
            written += count
        }
    }

    /// Fills `bytes`, or as much of it as there is to read.
    ///
    /// - Returns: how many bytes were read.
    func readAll(_ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int64) throws(SystemCallError) -> Int
    {
        var filled = 0
        while filled < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
            let place = offset + Int64(filled)
            let count = try Self.uninterrupted { () throws(SystemCallError) in try self.read(descriptor, rest, place) }
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }

    /// - Returns: the bytes at a place, fewer where the file ends.
    func bytes(of descriptor: Int32, at offset: Int64, count: Int) throws(SystemCallError) -> [UInt8] {
        var failure: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            do throws(SystemCallError) {
                filled = try self.readAll(UnsafeMutableRawBufferPointer(bytes), from: descriptor, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func syncUninterrupted(_ descriptor: Int32) throws(SystemCallError) {
        try Self.uninterrupted { () throws(SystemCallError) in try self.sync(descriptor) }
    }

    func truncateUninterrupted(_ descriptor: Int32, to length: Int64) throws(SystemCallError) {
        try Self.uninterrupted { () throws(SystemCallError) in try self.truncate(descriptor, length) }
    }

    private static func uninterrupted<Result>(
        _ call: () throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        while true {
            do {
                return try call()
            } catch {
                if !error.isInterruption { throw error }
            }
        }
    }
}
