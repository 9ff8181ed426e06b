import Glibc

/// Opens files to append to, made with their directories where they are missing, and locks them.
struct FileOpening {
    let path: String

    /// The permissions of a new file, exactly; the umask does not count.
    let mode: UInt32

    let operations: FileOperations

    /// - Returns: the descriptor of a file, locked.
    /// - Throws: an error that begins with the path.
    func open() throws(SinkError) -> Int32 {
        let descriptor = try self.openDescriptor()
        do throws(SinkError) {
            let kind = try self.status(of: descriptor).kind
            guard kind == .file else { throw SinkError("\(self.path): \(Self.text(for: kind)), not a file") }
            try self.lock(descriptor)
        } catch {
            self.operations.close(descriptor)
            throw error
        }
        return descriptor
    }

    func status(of descriptor: Int32) throws(SinkError) -> FileStatus {
        do {
            return try self.operations.status(descriptor)
        } catch {
            throw SinkError("\(self.path): \(error)")
        }
    }

    private func lock(_ descriptor: Int32) throws(SinkError) {
        do {
            try self.operations.lock(descriptor)
        } catch {
            guard error.code == EWOULDBLOCK else { throw SinkError("\(self.path): cannot lock it: \(error)") }
            throw SinkError(
                "\(self.path): another process or sink has it open for writing (each needs a file of its own; {client_id} in the path helps)"
            )
        }
    }

    /// - Returns: the descriptor of whatever the path names, which need not be a file.
    private func openDescriptor() throws(SinkError) -> Int32 {
        // Reading is for the end of the last record; O_NONBLOCK so that a FIFO cannot stop us before we see that it is one.
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
        do throws(SystemCallError) {
            for _ in 0..<8 {
                do {
                    let descriptor = try self.operations.open(self.path, flags, 0)
                    try self.secureName(descriptor)
                    return descriptor
                } catch {
                    guard error.isMissing else { throw error }
                }
                try Directories.make(Directories.parent(of: self.path), self.operations)
                do {
                    return try self.create(flags)
                } catch {
                    // Somebody else was faster, to make it or to take its directory away: once more.
                    guard error.code == EEXIST || error.isMissing else { throw error }
                }
            }
            throw SystemCallError(ENOENT)
        } catch {
            throw SinkError("\(self.path): \(Self.explain(error))")
        }
    }

    /// Whoever made the file may have been killed before its name was on disk.
    private func secureName(_ descriptor: Int32) throws(SystemCallError) {
        do {
            try Directories.sync(Directories.parent(of: self.path), self.operations)
        } catch {
            self.operations.close(descriptor)
            throw error
        }
    }

    private func create(_ flags: Int32) throws(SystemCallError) -> Int32 {
        let descriptor = try self.operations.open(self.path, flags | O_CREAT | O_EXCL, self.mode)
        do throws(SystemCallError) {
            try self.operations.setMode(descriptor, self.mode)
            try Directories.sync(Directories.parent(of: self.path), self.operations)
        } catch {
            // Or it would be found the next time, and nobody would sync its directory.
            try? self.operations.remove(self.path)
            self.operations.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func explain(_ error: SystemCallError) -> String {
        switch error.code {
        case EISDIR: "it is a directory (the path must name a file)"
        case ELOOP: "it is a symbolic link, which is not followed"
        case EACCES, EPERM: "cannot write to it: \(error) (look at the owner and mode of the file and of its directory)"
        default: "cannot open it: \(error)"
        }
    }

    private static func text(for kind: FileStatus.Kind) -> String {
        switch kind {
        case .file: "it is a file"
        case .directory: "it is a directory"
        case .link: "it is a symbolic link"
        case .fifo: "it is a FIFO"
        case .socket: "it is a socket"
        case .device: "it is a device"
        case .other: "it is something else"
        }
    }
}
