import Glibc

/// The file beside a file that its ``FileRecord`` is kept in.
///
/// A record is written into the slot that does not hold the last good one, over the same bytes each time: so it costs no more than a
/// small write, and a crash in the middle of it leaves the one before. Where a record has outgrown its slot, a new file takes the
/// place of the old one as a whole.
final class FileRecordStore {
    enum Found: Equatable {
        case nothing
        /// It is there and cannot be used: why, for people.
        case unusable(String)
        case record(FileRecord)
    }

    let path: String

    private let mode: UInt32
    private let operations: FileOperations
    private var descriptor: Int32?
    private var slotLength: Int
    private var number: UInt64
    private var buffer = RecordBuffer()

    /// The slot whose content is on disk for good: never the one to be written next.
    private var trustedSlot: Int

    /// For the first slot size; others are its multiples.
    private static let smallestSlot = 4096

    /// More than any record needs that is written.
    private static let longestSlot = 1 << 30

    /// Where the record of a file is: `.NAME.held` beside it.
    static func path(of file: String) -> String {
        "\(Directories.parent(of: file))/.\(Directories.name(of: file)).held"
    }

    private init(path: String, mode: UInt32, operations: FileOperations) {
        self.path = path
        self.mode = mode
        self.operations = operations
        self.slotLength = 0
        self.number = 0
        self.trustedSlot = 0
    }

    deinit {
        self.descriptor.map { self.operations.close($0) }
    }

    /// Looks for the record of a file. Nothing is made yet where there is none.
    ///
    /// - Parameter mode: the permissions of the file when it is made.
    static func open(
        for file: String,
        mode: UInt32,
        operations: FileOperations
    ) throws(SystemCallError) -> (FileRecordStore, Found) {
        let store = FileRecordStore(path: self.path(of: file), mode: mode, operations: operations)
        do {
            store.descriptor = try operations.open(store.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
        } catch {
            guard error.isMissing else { throw error }
            return (store, .nothing)
        }
        let found = try store.read(isSecured: true)
        if case .unusable = found { store.drop() }
        return (store, found)
    }

    /// Whose file a record is of: the file's name and the sink that writes to it.
    ///
    /// - Parameters:
    ///   - name: any name of a file in the directory.
    /// - Returns: nil where the name is not that of a record, or it cannot be read.
    static func owner(ofRecord name: String, in directory: String, operations: FileOperations) -> (file: String, sink: String)? {
        let (prefix, suffix) = (".", ".held")
        guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.utf8.count > prefix.utf8.count + suffix.utf8.count else {
            return nil
        }
        let store = FileRecordStore(path: "\(directory)/\(name)", mode: 0, operations: operations)
        store.descriptor = try? operations.open(store.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
        guard case .record(let record) = try? store.read(isSecured: false) else { return nil }
        return (String(name.dropFirst(prefix.count).dropLast(suffix.count)), record.sink)
    }

    /// Writes a record.
    ///
    /// - Parameter isDurable: whether it has to be on disk when this returns.
    /// - Throws: when it is not there for sure. The one before still is, and perhaps this one too: only reading it again can tell.
    func write(_ record: FileRecord, isDurable: Bool) throws(SystemCallError) {
        self.buffer.removeAll(keepingAtMost: 64 << 10)
        FileRecordCodec.append(FileRecordCodec.Slot(number: self.number + 1, record: record), to: &self.buffer)
        guard let descriptor = self.descriptor, self.buffer.count <= self.slotLength else { return try self.replace() }
        let slot = 1 - self.trustedSlot
        try self.operations.writeAll(self.buffer.bytes, to: descriptor, at: Int64(slot * self.slotLength))
        if isDurable { try self.operations.syncUninterrupted(descriptor) }
        self.trustedSlot = slot
        self.number += 1
    }

    private func drop() {
        self.descriptor.map { self.operations.close($0) }
        self.descriptor = nil
    }

    /// Puts a file with what is in the buffer into the place of the one that is there, if any.
    private func replace() throws(SystemCallError) {
        var slotLength = Self.smallestSlot
        while slotLength < self.buffer.count { slotLength *= 2 }
        self.buffer.append(zeros: 2 * slotLength - self.buffer.count)

        let descriptor = try self.operations.replace(self.path, mode: self.mode, flags: O_RDWR) {
            descriptor throws(SystemCallError) in try self.operations.writeAll(self.buffer.bytes, to: descriptor, at: 0)
        }
        self.drop()
        self.descriptor = descriptor
        self.slotLength = slotLength
        self.trustedSlot = 0
        self.number += 1
    }

    // MARK: Reading

    /// - Parameter isSecured: whether the other slot will be written next.
    private func read(isSecured: Bool) throws(SystemCallError) -> Found {
        guard let descriptor = self.descriptor else { return .nothing }
        let length = Int(try self.operations.status(descriptor).length)
        self.slotLength = length / 2
        guard length % (2 * Self.smallestSlot) == 0, length > 0, self.slotLength <= Self.longestSlot else {
            return .unusable("it is damaged: \(length) bytes are not two slots")
        }
        var slots: [[UInt8]] = []
        for slot in 0..<2 {
            let place = Int64(slot * self.slotLength)
            slots.append(try self.operations.bytes(of: descriptor, at: place, count: self.slotLength))
        }
        var newest: (slot: Int, content: FileRecordCodec.Slot)?
        for (slot, bytes) in slots.enumerated() {
            switch FileRecordCodec.read(bytes) {
            case .good(let content) where newest.map({ $0.content.number < content.number }) ?? true:
                newest = (slot, content)
            case .foreign(let version):
                return .unusable("another version of this program has written it (format \(version))")
            case .good, .empty, .damaged:
                break
            }
        }
        guard let newest else { return .unusable("it is damaged: neither of its two slots can be read") }
        self.trustedSlot = newest.slot
        self.number = newest.content.number
        if isSecured { try self.secure(slots[newest.slot], in: newest.slot, descriptor) }
        return .record(newest.content.record)
    }

    /// Makes sure that what was read is on disk before the other slot is written. Its writer may have been killed before it had
    /// synced it, or have seen the sync fail; so it is written once more, over itself.
    private func secure(_ bytes: [UInt8], in slot: Int, _ descriptor: Int32) throws(SystemCallError) {
        try self.operations.writeAll(bytes, to: descriptor, at: Int64(slot * self.slotLength))
        try self.operations.syncUninterrupted(descriptor)
    }
}
