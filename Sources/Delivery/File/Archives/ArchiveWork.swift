import Compression
import Glibc
import Logging
import NIOCore

/// What is done about the rotated files in one directory: those of before are compressed, and those too many or too old are removed.
///
/// At any time, of each rotated file there is the original or a whole archive, on disk.
struct ArchiveWork {
    /// The sink whose files they were.
    let sink: String

    let rotation: FileSink.Configuration.Rotation
    let mode: UInt32
    let operations: FileOperations
    let logger: Logger

    /// Each so many bytes become a gzip member or zstd frame of their own: what is compressed costs no more memory than that.
    private static let chunk = 1 << 20

    /// The names of the sink's files in a directory, those of earlier times too, as the records beside them say.
    func names(in directory: String) -> Set<String> {
        let names = (try? self.operations.list(directory)) ?? []
        let owners = names.lazy.compactMap {
            FileRecordStore.owner(ofRecord: $0, in: directory, operations: self.operations)
        }
        return Set(owners.filter { $0.sink == self.sink }.map(\.file))
    }

    /// - Parameters:
    ///   - names: the names that the files had before.
    ///   - time: nanoseconds since the Unix epoch.
    ///   - isStopped: asked between one piece of work and the next.
    /// - Throws: at the first thing that cannot be done.
    func run(in directory: String, names: Set<String>, at time: Int64, isStopped: () -> Bool) throws(SinkError) {
        var archives: [String: [ArchiveName]] = [:]
        do {
            for name in try self.operations.list(directory) {
                guard let archive = ArchiveName(name), names.contains(archive.base) else { continue }
                archives[archive.base, default: []].append(archive)
            }
        } catch {
            throw SinkError("\(directory): cannot list it: \(error)")
        }
        for (_, found) in archives.sorted(by: { $0.key < $1.key }) {
            let whole = try self.removeRemains(of: found.sorted { $0.text < $1.text }, in: directory)
            for archive in try self.removeExcess(of: whole, in: directory, at: time) where archive.suffix.isEmpty {
                guard !isStopped() else { return }
                try self.compress(archive, in: directory, isStopped: isStopped)
            }
        }
    }

    /// Removes what a crash has left: archives that were being written, and originals of those that are whole.
    ///
    /// - Returns: the others.
    private func removeRemains(of found: [ArchiveName], in directory: String) throws(SinkError) -> [ArchiveName] {
        let compressed = Set(found.filter { $0.suffix == ".gz" || $0.suffix == ".zst" }.map(\.time))
        if found.contains(where: { $0.suffix.isEmpty && compressed.contains($0.time) }) {
            do {
                try Directories.sync(directory, self.operations)
            } catch {
                throw SinkError("\(directory): cannot sync it: \(error)")
            }
        }
        var others: [ArchiveName] = []
        for archive in found {
            let isDraft = archive.suffix.hasSuffix(ArchiveName.draftSuffix)
            if isDraft || (archive.suffix.isEmpty && compressed.contains(archive.time)) {
                try self.remove(archive, in: directory)
            } else {
                others.append(archive)
            }
        }
        return others
    }

    private func removeExcess(of archives: [ArchiveName], in directory: String, at time: Int64) throws(SinkError) -> [ArchiveName]
    {
        var kept = archives
        let excess = self.rotation.keep.map { max(0, archives.count - $0) } ?? 0
        let oldest = self.rotation.maximumAge.map { time - $0.nanoseconds } ?? .min
        while let first = kept.first, archives.count - kept.count < excess || first.time < oldest {
            try self.remove(first, in: directory)
            self.logger.info("removed a rotated file", metadata: ["path": "\(directory)/\(first.text)"])
            kept.removeFirst()
        }
        return kept
    }

    private func remove(_ archive: ArchiveName, in directory: String) throws(SinkError) {
        let path = "\(directory)/\(archive.text)"
        do {
            try self.operations.remove(path)
        } catch {
            guard error.isMissing else { throw SinkError("\(path): cannot remove it: \(error)") }
        }
    }

    // MARK: Compressing

    private func compress(_ archive: ArchiveName, in directory: String, isStopped: () -> Bool) throws(SinkError) {
        guard let format = self.rotation.compression else { return }
        guard let compressor = BodyCompressor(format) else { throw SinkError("no memory to compress with") }
        var result = archive
        result.suffix = format == .gzip ? ".gz" : ".zst"
        let (original, path) = ("\(directory)/\(archive.text)", "\(directory)/\(result.text)")
        let draft = path + ArchiveName.draftSuffix
        do throws(SystemCallError) {
            guard try self.compress(original, to: draft, with: compressor, isStopped: isStopped) else {
                return try self.operations.remove(draft)
            }
            try self.operations.rename(draft, path)
            try Directories.sync(directory, self.operations)
            try self.operations.remove(original)
        } catch {
            throw SinkError("\(original): cannot compress it: \(error)")
        }
        self.logger.info("compressed a rotated file", metadata: ["path": "\(path)"])
    }

    /// - Returns: false when it was stopped.
    private func compress(
        _ original: String,
        to draft: String,
        with compressor: BodyCompressor,
        isStopped: () -> Bool
    ) throws(SystemCallError) -> Bool {
        let source = try self.operations.open(original, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0)
        defer { self.operations.close(source) }
        let target = try self.operations.open(draft, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, self.mode)
        defer { self.operations.close(target) }
        try self.operations.setMode(target, self.mode)
        var room = [UInt8](repeating: 0, count: compressor.bound(Self.chunk))
        var offset: Int64 = 0
        while true {
            if isStopped() { return false }
            let bytes = try self.operations.bytes(of: source, at: offset, count: Self.chunk)
            if bytes.isEmpty { break }
            offset += Int64(bytes.count)
            var failure: SystemCallError?
            bytes.withUnsafeBytes { bytes in
                room.withUnsafeMutableBytes { room in
                    guard let count = compressor.compress(bytes, into: room) else {
                        failure = SystemCallError(ENOMEM)
                        return
                    }
                    do throws(SystemCallError) {
                        try self.operations.writeAll(UnsafeRawBufferPointer(rebasing: room[..<count]), to: target)
                    } catch {
                        failure = error
                    }
                }
            }
            if let failure { throw failure }
        }
        try self.operations.syncUninterrupted(target)
        return true
    }
}
