import Glibc

/// The system calls by which a file's content changes, one call each. Tests put failures in their place.
package struct FileOperations: Sendable {
    /// write(2): may write less than it was given, and may be interrupted.
    package var write: @Sendable (Int32, UnsafeRawBufferPointer) throws(SystemCallError) -> Int

    /// fdatasync(2).
    package var sync: @Sendable (Int32) throws(SystemCallError) -> Void

    /// ftruncate(2).
    package var truncate: @Sendable (Int32, Int64) throws(SystemCallError) -> Void

    /// The system's own.
    package static var system: FileOperations {
        FileOperations(
            write: { descriptor, bytes throws(SystemCallError) in
                let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                guard count >= 0 else { throw SystemCallError(errno) }
                return count
            },
            sync: { descriptor throws(SystemCallError) in
                guard fdatasync(descriptor) == 0 else { throw SystemCallError(errno) }
            },
            truncate: { descriptor, length throws(SystemCallError) in
                guard ftruncate(descriptor, off_t(length)) == 0 else { throw SystemCallError(errno) }
            }
        )
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
            guard count > 0 else { throw SystemCallError(EIO) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
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
                if error.code != EINTR { throw error }
            }
        }
    }
}
