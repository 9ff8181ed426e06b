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
