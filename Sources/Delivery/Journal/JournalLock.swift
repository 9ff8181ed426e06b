import Glibc

/// Keeps a second process from a journal. It is a file of its own, since the journal's is replaced from time to time.
struct JournalLock: ~Copyable {
    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// - Throws: when another process, or another part of this one, has the lock.
    static func take(journal path: String) throws(JournalError) -> JournalLock {
        let file = "\(path).lock"
        let lock: JournalLock
        do {
            let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
            lock = JournalLock(descriptor: try SystemCallError.check { open(file, flags, 0o640) })
        } catch {
            throw JournalError("\(file): cannot open it: \(error) (look at the owner and mode of its directory)", cause: error)
        }
        do {
            let descriptor = lock.descriptor
            _ = try SystemCallError.check { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            guard error.code == EWOULDBLOCK else { throw JournalError("\(file): cannot lock it: \(error)", cause: error) }
            throw JournalError(
                "\(path): another process has it open (is the daemon running already? each needs a state_dir of its own)"
            )
        }
        return lock
    }

    deinit {
        close(self.descriptor)
    }
}
