extension FileOperations {
    /// The same calls; while a thread is inside of one, its pulse shows that it waits for the file system.
    func shown(by pulse: Pulse) -> FileOperations {
        let calls = self
        return FileOperations(
            open: { path, flags, mode throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.open(path, flags, mode) }
            },
            // Of a file on another machine, close(2) too may have to wait.
            close: { descriptor in
                try? pulse.inCall { () throws(SystemCallError) in calls.close(descriptor) }
            },
            status: { descriptor throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.status(descriptor) }
            },
            statusOfPath: { path throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.statusOfPath(path) }
            },
            lock: { descriptor throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.lock(descriptor) }
            },
            setMode: { descriptor, mode throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.setMode(descriptor, mode) }
            },
            read: { descriptor, bytes, offset throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.read(descriptor, bytes, offset) }
            },
            write: { descriptor, bytes throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.write(descriptor, bytes) }
            },
            writeAt: { descriptor, bytes, offset throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.writeAt(descriptor, bytes, offset) }
            },
            sync: { descriptor throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.sync(descriptor) }
            },
            truncate: { descriptor, length throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.truncate(descriptor, length) }
            },
            rename: { from, to throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.rename(from, to) }
            },
            remove: { path throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.remove(path) }
            },
            makeDirectory: { path, mode throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.makeDirectory(path, mode) }
            },
            syncDirectory: { path throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.syncDirectory(path) }
            },
            checkWritable: { path throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.checkWritable(path) }
            },
            list: { path throws(SystemCallError) in
                try pulse.inCall { () throws(SystemCallError) in try calls.list(path) }
            }
        )
    }
}
