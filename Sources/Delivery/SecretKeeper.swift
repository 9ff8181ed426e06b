import Logging
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The secrets of one sink as they are now. Looks at their files now and then; one that cannot be read, or has become unusable, leaves
/// the secret as it was.
final class SecretKeeper {
    /// What tells that a file has been written or replaced.
    private struct Identity: Equatable {
        let device: dev_t
        let inode: ino_t
        let size: off_t
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.device = status.st_dev
            self.inode = status.st_ino
            self.size = status.st_size
            self.seconds = status.st_mtim.tv_sec
            self.nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private struct Kept {
        let secret: SinkSecret
        var value: String
        var identity: Identity?
    }

    private var kept: [Kept]
    private let hasFiles: Bool
    private var nextLook: NIODeadline
    private let logger: Logger

    /// So soon is a change noticed: the price is a system call a file.
    private static let interval = TimeAmount.seconds(1)

    init(_ secrets: [SinkSecret], logger: Logger, now: NIODeadline) {
        self.kept = secrets.map { Kept(secret: $0, value: $0.initial) }
        self.hasFiles = secrets.contains { $0.file != nil }
        self.nextLook = now
        self.logger = logger
    }

    var values: [String] { self.kept.map(\.value) }

    /// Looks whether a file has changed since the last look, if that was not just now.
    ///
    /// - Parameter isUsable: what is wrong with a value, if anything.
    /// - Returns: whether a value has changed.
    func refresh(now: NIODeadline, problem: (_ index: Int, _ value: String) -> String?) -> Bool {
        guard self.hasFiles, now >= self.nextLook else { return false }
        self.nextLook = now + Self.interval
        var hasChanged = false
        for index in self.kept.indices {
            guard let file = self.kept[index].secret.file else { continue }
            let identity = Identity(file)
            // What cannot be seen at the moment may be about to be replaced.
            guard let identity, identity != self.kept[index].identity else { continue }
            self.kept[index].identity = identity
            do throws(SinkError) {
                let value = try self.kept[index].secret.read()
                guard value != self.kept[index].value else { continue }
                if let problem = problem(index, value) { throw SinkError(problem) }
                self.kept[index].value = value
                hasChanged = true
                self.logger.notice(
                    "a secret's file has changed; the new secret is used from now on",
                    metadata: ["file": "\(file)"]
                )
            } catch {
                self.logger.error(
                    "a secret's file has changed and cannot be used; the old secret goes on being used",
                    metadata: ["file": "\(file)", "error": "\(error)"]
                )
            }
        }
        return hasChanged
    }
}
