import Glibc
import Synchronization
import TestSupport

@testable import Delivery

/// A disk in memory that knows what would survive the end of a process and what would survive a power failure, and that can fail, or
/// stop, at any call.
final class SimulatedDisk: Sendable {
    /// What a program must not see of a call that was the last: it is over.
    static let isOver = SystemCallError(EOWNERDEAD)

    private static let blockLength = 64

    private struct Inode {
        var content: [UInt8] = []
        var durable: [UInt8] = []

        /// Blocks that differ from the durable ones and are still to be written to disk. After a failed sync there are none, as if
        /// they had been.
        var dirty: Set<Int> = []
        var links = 1
        var modified: Int64 = 0
        var lockedBy: Int32?

        mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            guard !bytes.isEmpty else { return }
            let end = offset + bytes.count
            if self.content.count < end { self.content += [UInt8](repeating: 0, count: end - self.content.count) }
            self.content.replaceSubrange(offset..<end, with: bytes)
            self.dirty.formUnion(offset / SimulatedDisk.blockLength...(end - 1) / SimulatedDisk.blockLength)
        }

        mutating func resize(to length: Int) {
            if length < self.content.count {
                self.content.removeLast(self.content.count - length)
            } else {
                self.content += [UInt8](repeating: 0, count: length - self.content.count)
            }
        }

        /// What of the content is on disk when the blocks have got there that `isWritten` says.
        func onDisk(length: Int, isWritten: (Int) -> Bool) -> [UInt8] {
            var result = self.durable
            result += [UInt8](repeating: 0, count: max(0, length - result.count))
            result.removeLast(result.count - length)
            for block in self.dirty where isWritten(block) {
                let start = block * SimulatedDisk.blockLength
                let end = min(start + SimulatedDisk.blockLength, length, self.content.count)
                if start < end { result.replaceSubrange(start..<end, with: self.content[start..<end]) }
            }
            return result
        }
    }

    private enum Entry {
        case file(UInt64)
        case directory
    }

    private enum Change {
        case set(String, Entry)
        case remove(String)
        case rename(String, String)

        func apply(to entries: inout [String: Entry]) {
            switch self {
            case .set(let path, let entry): entries[path] = entry
            case .remove(let path): entries[path] = nil
            case .rename(let old, let new):
                entries[new] = entries[old]
                entries[old] = nil
            }
        }
    }

    private struct State {
        var inodes: [UInt64: Inode] = [:]
        var nextInode: UInt64 = 10
        var entries: [String: Entry] = ["/": .directory]
        var durableEntries: [String: Entry] = ["/": .directory]
        var changes: [Change] = []
        var descriptors: [Int32: UInt64] = [:]
        var nextDescriptor: Int32 = 3
        var random: SeededGenerator
        var callsLeft = Int.max
        var isOver = false
        var failureRate = 0.0
        var room = Int.max
        var calls = 0
        var syncs = 0
    }

    private let state: Mutex<State>

    init(seed: UInt64) {
        self.state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    // MARK: What happens to it

    /// How many calls have been made.
    var calls: Int { self.state.withLock { $0.calls } }

    /// How many of them were fdatasync.
    var syncs: Int { self.state.withLock { $0.syncs } }

    var isOver: Bool { self.state.withLock { $0.isOver } }

    /// The process ends in the middle of the call after so many others.
    func end(after calls: Int) { self.state.withLock { $0.callsLeft = calls } }

    /// From now on, such a part of all writes and syncs fails, at random.
    func fail(_ rate: Double) { self.state.withLock { $0.failureRate = rate } }

    /// How many bytes can still be added.
    func limit(to room: Int) { self.state.withLock { $0.room = room } }

    /// Another process begins, with what the last one has left behind.
    func restart(afterPowerFailure: Bool) {
        self.state.withLock { state in
            state.isOver = false
            state.callsLeft = .max
            state.descriptors = [:]
            for id in state.inodes.keys { state.inodes[id]?.lockedBy = nil }
            guard afterPowerFailure else { return }
            // Directories keep their order, of files any part may have been written.
            var entries = state.durableEntries
            for change in state.changes.prefix(Int.random(in: 0...state.changes.count, using: &state.random)) {
                change.apply(to: &entries)
            }
            state.entries = entries
            state.durableEntries = entries
            state.changes = []
            for (id, inode) in state.inodes.sorted(by: { $0.key < $1.key }) {
                let lengths = min(inode.durable.count, inode.content.count)...max(inode.durable.count, inode.content.count)
                let length = Int.random(in: lengths, using: &state.random)
                let written = inode.dirty.sorted().filter { _ in Bool.random(using: &state.random) }
                let content = inode.onDisk(length: length) { written.contains($0) }
                state.inodes[id]?.content = content
                state.inodes[id]?.durable = content
                state.inodes[id]?.dirty = []
            }
        }
    }

    /// The files there are, with their content.
    var files: [String: [UInt8]] {
        self.state.withLock { state in
            state.entries.compactMapValues { entry in
                if case .file(let id) = entry { state.inodes[id]?.content } else { nil }
            }
        }
    }

    func remove(_ path: String) {
        self.state.withLock { state in
            state.entries[path] = nil
            state.durableEntries[path] = nil
        }
    }

    /// Changes what a file holds, as if it had always been so.
    func edit(_ path: String, _ change: (inout [UInt8]) -> Void) {
        self.state.withLock { state in
            guard case .file(let id) = state.entries[path] else { return }
            change(&state.inodes[id]!.content)
            state.inodes[id]!.durable = state.inodes[id]!.content
        }
    }

    // MARK: Its calls

    /// - Parameter partly: what the last call still does, in part, when the process ends in the middle of it.
    private func call<Result>(
        partly: (inout State) -> Void = { _ in },
        _ body: (inout State) throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        let result = self.state.withLock { state -> Swift.Result<Result, SystemCallError> in
            guard !state.isOver else { return .failure(Self.isOver) }
            state.calls += 1
            guard state.callsLeft > 0 else {
                state.isOver = true
                partly(&state)
                return .failure(Self.isOver)
            }
            state.callsLeft -= 1
            do throws(SystemCallError) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func fails(_ state: inout State) -> Bool {
        state.failureRate > 0 && Double.random(in: 0..<1, using: &state.random) < state.failureRate
    }

    private static func inode(_ descriptor: Int32, _ state: State) throws(SystemCallError) -> UInt64 {
        guard let id = state.descriptors[descriptor] else { throw SystemCallError(EBADF) }
        return id
    }

    private static func parent(_ path: String) -> String {
        let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        return parent.isEmpty ? "/" : String(parent)
    }

    private static func status(_ id: UInt64, _ state: State) -> FileStatus {
        let inode = state.inodes[id]!
        return FileStatus(
            kind: .file,
            identity: .init(device: 1, inode: id),
            length: Int64(inode.content.count),
            links: inode.links,
            modified: inode.modified
        )
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int?) throws(SystemCallError) -> Int {
        try self.call(partly: { state in
            guard let id = state.descriptors[descriptor] else { return }
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(Int.random(in: 0...bytes.count, using: &state.random)))
            state.inodes[id]!.write(part, at: offset ?? state.inodes[id]!.content.count)
        }) { (state) throws(SystemCallError) in
            let id = try Self.inode(descriptor, state)
            let place = offset ?? state.inodes[id]!.content.count
            if Self.fails(&state) { throw SystemCallError(EIO) }
            let more = max(0, place + bytes.count - state.inodes[id]!.content.count)
            guard more == 0 || state.room > 0 else { throw SystemCallError(ENOSPC) }
            let count = bytes.count - more + min(more, state.room)
            if state.room < .max { state.room -= min(more, state.room) }
            state.inodes[id]!.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)), at: place)
            return count
        }
    }

    private func open(_ path: String, _ flags: Int32) throws(SystemCallError) -> Int32 {
        try self.call { (state) throws(SystemCallError) in
            let id: UInt64
            switch state.entries[path] {
            case .directory: throw SystemCallError(EISDIR)
            case .file(let found):
                guard flags & O_EXCL == 0 else { throw SystemCallError(EEXIST) }
                id = found
            case nil:
                guard flags & O_CREAT != 0, case .directory = state.entries[Self.parent(path)] else {
                    throw SystemCallError(ENOENT)
                }
                guard state.room > 0 else { throw SystemCallError(ENOSPC) }
                id = state.nextInode
                state.nextInode += 1
                state.inodes[id] = Inode()
                state.entries[path] = .file(id)
                state.changes.append(.set(path, .file(id)))
            }
            state.nextDescriptor += 1
            state.descriptors[state.nextDescriptor] = id
            return state.nextDescriptor
        }
    }

    var operations: FileOperations {
        FileOperations(
            open: { path, flags, _ throws(SystemCallError) in try self.open(path, flags) },
            close: { descriptor in
                self.state.withLock { state in
                    guard let id = state.descriptors.removeValue(forKey: descriptor) else { return }
                    if state.inodes[id]?.lockedBy == descriptor { state.inodes[id]?.lockedBy = nil }
                }
            },
            status: { descriptor throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in Self.status(try Self.inode(descriptor, state), state) }
            },
            statusOfPath: { path throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    guard case .file(let id) = state.entries[path] else { throw SystemCallError(ENOENT) }
                    return Self.status(id, state)
                }
            },
            lock: { descriptor throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    let id = try Self.inode(descriptor, state)
                    guard state.inodes[id]!.lockedBy == nil else { throw SystemCallError(EWOULDBLOCK) }
                    state.inodes[id]!.lockedBy = descriptor
                }
            },
            setMode: { _, _ throws(SystemCallError) in try self.call { _ in } },
            read: { descriptor, bytes, offset throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    let content = state.inodes[try Self.inode(descriptor, state)]!.content
                    guard offset < content.count else { return 0 }
                    let part = content[Int(offset)...].prefix(bytes.count)
                    bytes.copyBytes(from: part)
                    return part.count
                }
            },
            write: { descriptor, bytes throws(SystemCallError) in try self.write(bytes, to: descriptor, at: nil) },
            writeAt: { descriptor, bytes, offset throws(SystemCallError) in
                try self.write(bytes, to: descriptor, at: Int(offset))
            },
            sync: { descriptor throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    let id = try Self.inode(descriptor, state)
                    state.syncs += 1
                    if Self.fails(&state) {
                        state.inodes[id]!.dirty = []
                        throw SystemCallError(EIO)
                    }
                    let inode = state.inodes[id]!
                    state.inodes[id]!.durable = inode.onDisk(length: inode.content.count) { _ in true }
                    state.inodes[id]!.dirty = []
                }
            },
            truncate: { descriptor, length throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    let id = try Self.inode(descriptor, state)
                    if Self.fails(&state) { throw SystemCallError(EIO) }
                    state.inodes[id]!.resize(to: Int(length))
                }
            },
            rename: { old, new throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    guard case .file = state.entries[old] else { throw SystemCallError(ENOENT) }
                    if Self.fails(&state) { throw SystemCallError(EIO) }
                    if case .file(let id) = state.entries[new] { state.inodes[id]?.links = 0 }
                    let change = Change.rename(old, new)
                    change.apply(to: &state.entries)
                    state.changes.append(change)
                }
            },
            remove: { path throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    guard case .file(let id) = state.entries[path] else { throw SystemCallError(ENOENT) }
                    state.inodes[id]?.links = 0
                    let change = Change.remove(path)
                    change.apply(to: &state.entries)
                    state.changes.append(change)
                }
            },
            makeDirectory: { path, _ throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    guard state.entries[path] == nil else { throw SystemCallError(EEXIST) }
                    guard case .directory = state.entries[Self.parent(path)] else { throw SystemCallError(ENOENT) }
                    state.entries[path] = .directory
                    state.changes.append(.set(path, .directory))
                }
            },
            syncDirectory: { path throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    guard case .directory = state.entries[path] else { throw SystemCallError(ENOENT) }
                    if Self.fails(&state) { throw SystemCallError(EIO) }
                    // One journal for all directories, as file systems have it.
                    state.durableEntries = state.entries
                    state.changes = []
                }
            },
            checkWritable: { _ in },
            list: { path throws(SystemCallError) in
                try self.call { (state) throws(SystemCallError) in
                    state.entries.keys.filter { $0 != path && Self.parent($0) == path }
                        .map { String($0[$0.index(after: $0.lastIndex(of: "/")!)...]) }
                }
            }
        )
    }
}
