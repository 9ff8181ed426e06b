import Glibc

extension FileOperations {
    /// The system's own.
    package static var system: FileOperations {
        FileOperations(
            open: { path, flags, mode throws(SystemCallError) in
                try SystemCallError.check { Glibc.open(path, flags, mode) }
            },
            close: { descriptor in
                _ = Glibc.close(descriptor)
            },
            status: { descriptor throws(SystemCallError) in
                var status = stat()
                _ = try SystemCallError.check { fstat(descriptor, &status) }
                return FileStatus(status)
            },
            statusOfPath: { path throws(SystemCallError) in
                var status = stat()
                _ = try SystemCallError.check { lstat(path, &status) }
                return FileStatus(status)
            },
            lock: { descriptor throws(SystemCallError) in
                _ = try SystemCallError.check { flock(descriptor, LOCK_EX | LOCK_NB) }
            },
            setMode: { descriptor, mode throws(SystemCallError) in
                _ = try SystemCallError.check { fchmod(descriptor, mode) }
            },
            read: { descriptor, bytes, offset throws(SystemCallError) in
                try SystemCallError.check { pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) }
            },
            write: { descriptor, bytes throws(SystemCallError) in
                let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                guard count >= 0 else { throw SystemCallError(errno) }
                return count
            },
            writeAt: { descriptor, bytes, offset throws(SystemCallError) in
                let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
                guard count >= 0 else { throw SystemCallError(errno) }
                return count
            },
            sync: { descriptor throws(SystemCallError) in
                guard fdatasync(descriptor) == 0 else { throw SystemCallError(errno) }
            },
            truncate: { descriptor, length throws(SystemCallError) in
                guard ftruncate(descriptor, off_t(length)) == 0 else { throw SystemCallError(errno) }
            },
            rename: { old, new throws(SystemCallError) in
                _ = try SystemCallError.check { Glibc.rename(old, new) }
            },
            remove: { path throws(SystemCallError) in
                _ = try SystemCallError.check { unlink(path) }
            },
            makeDirectory: { path, mode throws(SystemCallError) in
                _ = try SystemCallError.check { mkdir(path, mode) }
            },
            syncDirectory: { path throws(SystemCallError) in
                let descriptor = try SystemCallError.check { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
                defer { Glibc.close(descriptor) }
                _ = try SystemCallError.check { fsync(descriptor) }
            },
            checkWritable: { path throws(SystemCallError) in
                _ = try SystemCallError.check { faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) }
            },
            list: { path throws(SystemCallError) in
                guard let directory = opendir(path) else { throw SystemCallError(errno) }
                defer { closedir(directory) }
                var names: [String] = []
                while true {
                    errno = 0
                    guard let entry = readdir(directory) else { break }
                    let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                    }
                    if name != ".", name != ".." { names.append(name) }
                }
                guard errno == 0 else { throw SystemCallError(errno) }
                return names
            }
        )
    }
}

extension FileStatus {
    init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFCHR, S_IFBLK: .device
            default: .other
            }
        self.init(
            kind: kind,
            identity: Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)),
            length: Int64(status.st_size),
            links: Int(status.st_nlink),
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        )
    }
}
