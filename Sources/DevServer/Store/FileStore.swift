import Glibc
import Logging
import NIOCore
import StanCore

/// Keeps what the state machine says in a directory: a log of messages per channel, and a journal of everything else.
///
/// Both are files of records that are only added to. When half of one is dead it is written anew beside the old one, which it
/// then replaces.
final class FileStore {
    /// Below this size a file is left alone however dead it is.
    static let compactionThreshold = 1024 * 1024

    private enum ChannelRecord {
        static let header: UInt8 = 1
        static let message: UInt8 = 2
    }

    let directory: String
    private let syncs: Bool
    private let logger: Logger
    private let lock: Int32

    /// What was there at the start.
    private(set) var recovered = StoredState()

    private var journal: AppendFile?
    /// What a journal had when it was written anew.
    private var journalBase = 0
    private var channels: [UInt64: AppendFile] = [:]
    private var names: [UInt64: ByteBuffer] = [:]
    private var compactionSizes: [UInt64: Int] = [:]
    /// Acks that wait to be written.
    private var waiting = ByteBuffer()
    private var scratch = ByteBuffer()

    var hasWaiting: Bool { self.waiting.readableBytes > 0 }

    init(directory: String, clusterID: String, syncs: Bool, logger: Logger) throws(StoreError) {
        self.directory = directory
        self.syncs = syncs
        self.logger = logger
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw AppendFile.error(directory) }
        self.lock = open("\(directory)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard self.lock >= 0 else { throw AppendFile.error("\(directory)/lock") }
        guard flock(self.lock, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(directory: directory) }
        try self.recoverJournal(clusterID)
        try self.recoverChannels()
    }

    deinit { close(self.lock) }

    // MARK: Recovery

    private var journalPath: String { "\(self.directory)/journal" }

    private func channelPath(_ number: UInt64) -> String { "\(self.directory)/channel-\(number).log" }

    private func recoverJournal(_ clusterID: String) throws(StoreError) {
        let bytes = try AppendFile.read(self.journalPath) ?? ByteBuffer()
        var state = StoredState()
        let (ending, good) = RecordFormat.scan(bytes) { record in
            guard let record = StoreRecord(record) else { return false }
            state.apply(record)
            return true
        }
        guard good == 0 || state.clusterID != nil else { throw .notAStore(path: self.journalPath) }
        // The journal is written anew as soon as it is there; a first record that is not whole means that nothing was stored.
        if good == 0, ending == .damaged { throw .notAStore(path: self.journalPath) }
        if let stored = state.clusterID, stored != clusterID {
            throw .otherCluster(directory: self.directory, stored: stored, configured: clusterID)
        }
        try self.settle(self.journalPath, bytes, ending, good)
        self.recovered = state
    }

    private func recoverChannels() throws(StoreError) {
        for number in try self.channelNumbers() {
            let path = self.channelPath(number)
            if self.recovered.removedChannels.contains(number) {
                unlink(path)
                continue
            }
            self.recovered.noteNumber(number)
            guard let bytes = try AppendFile.read(path) else { continue }
            var reader = ChannelReader()
            let (ending, good) = RecordFormat.scan(bytes) { reader.take($0) }
            guard let name = reader.name else {
                // Not even its name was written: no message can have been acked.
                if ending == .damaged { throw .notAStore(path: path) }
                unlink(path)
                continue
            }
            try self.settle(path, bytes, ending, good)
            self.channels[number] = try AppendFile(path, truncatingTo: good)
            self.names[number] = name
            self.recovered.channels.append(StoredState.Channel(number: number, name: name, log: reader.log(name)))
        }
    }

    /// Says what was lost, and keeps a copy of it if it was more than the end.
    private func settle(_ path: String, _ bytes: ByteBuffer, _ ending: RecordFormat.Ending, _ good: Int) throws(StoreError) {
        switch ending {
        case .whole: break
        case .torn:
            self.logger.notice(
                "the last record was not whole and is left out",
                metadata: ["file": "\(path)", "bytes": "\(bytes.readableBytes - good)"]
            )
        case .damaged:
            unlink("\(path).damaged")
            let copy = try AppendFile("\(path).damaged")
            try copy.append(bytes, sync: true)
            self.logger.error(
                "a record is damaged; what comes after it is left out",
                metadata: ["file": "\(path)", "offset": "\(good)", "copy": "\(copy.path)"]
            )
        }
    }

    private func channelNumbers() throws(StoreError) -> [UInt64] {
        guard let listing = opendir(self.directory) else { throw AppendFile.error(self.directory) }
        defer { closedir(listing) }
        var numbers: [UInt64] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix("channel-"), name.hasSuffix(".log") else { continue }
            if let number = UInt64(name.dropFirst(8).dropLast(4)) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    /// Reads the records of one channel.
    private struct ChannelReader {
        private(set) var name: ByteBuffer?
        private var first: UInt64 = 1
        private var last: UInt64 = 0
        private var lastTimestamp: Int64 = 0
        private var messages = CircularBuffer<MessageLog.Message>()

        mutating func take(_ record: ByteBuffer) -> Bool {
            var record = record
            guard let (kind, first) = record.readMultipleIntegers(as: (UInt8, UInt64).self), first > 0 else { return false }
            switch kind {
            case ChannelRecord.header:
                guard self.name == nil, let (last, timestamp) = record.readMultipleIntegers(as: (UInt64, Int64).self) else {
                    return false
                }
                guard first - 1 <= last else { return false }
                self.name = ByteBuffer(bytes: record.readableBytesView)
                self.first = first
                // The messages that are there follow.
                self.last = first - 1
                self.lastTimestamp = timestamp
                if first == last + 1 { self.last = last }
                return true
            case ChannelRecord.message:
                guard
                    self.name != nil,
                    let message = try? StanWire.MsgProto(decoding: record),
                    message.sequence == self.last + 1,
                    first <= message.sequence
                else { return false }
                self.messages.append(MessageLog.Message(encoded: record, timestamp: message.timestamp))
                self.last = message.sequence
                self.lastTimestamp = max(self.lastTimestamp, message.timestamp)
                while self.first < first, self.messages.popFirst() != nil { self.first += 1 }
                self.first = first
                return true
            default:
                return false
            }
        }

        func log(_ name: ByteBuffer) -> MessageLog {
            MessageLog(
                channel: name,
                messages: Array(self.messages),
                lastSequence: self.last,
                lastTimestamp: self.lastTimestamp
            )
        }
    }

    // MARK: Writing

    /// Stores what has changed; but for acks that come alone, which wait for ``flush()``.
    func write(_ changes: borrowing StoreChanges) throws(StoreError) {
        for channel in changes.newChannels {
            self.names[channel.number] = channel.name
            let file = try AppendFile(self.channelPath(channel.number), truncatingTo: 0)
            self.scratch.clear()
            Self.appendHeader(channel.name, first: 1, last: 0, timestamp: 0, to: &self.scratch)
            try file.append(self.scratch, sync: self.syncs)
            self.channels[channel.number] = file
        }
        // Messages first: that they were sent means nothing without them.
        var index = 0
        while index < changes.messages.count {
            let channel = changes.messages[index].channel
            self.scratch.clear()
            while index < changes.messages.count, changes.messages[index].channel == channel {
                Self.append(changes.messages[index].encoded, first: changes.messages[index].firstSequence, to: &self.scratch)
                index += 1
            }
            try self.channels[channel]?.append(self.scratch, sync: self.syncs)
        }
        self.waiting.writeImmutableBuffer(changes.records)
        defer { for channel in changes.removedChannels { self.remove(channel) } }
        if changes.isUrgent || self.waiting.readableBytes > 256 * 1024 { try self.flush() }
    }

    /// Writes the acks that wait.
    func flush() throws(StoreError) {
        guard self.waiting.readableBytes > 0 else { return }
        try self.journal?.append(self.waiting, sync: self.syncs)
        self.waiting.clear()
    }

    private static func append(_ message: ByteBuffer, first: UInt64, to buffer: inout ByteBuffer) {
        RecordFormat.append(to: &buffer) {
            $0.writeMultipleIntegers(ChannelRecord.message, first)
            $0.writeImmutableBuffer(message)
        }
    }

    private static func appendHeader(
        _ name: ByteBuffer,
        first: UInt64,
        last: UInt64,
        timestamp: Int64,
        to buffer: inout ByteBuffer
    ) {
        RecordFormat.append(to: &buffer) {
            $0.writeMultipleIntegers(ChannelRecord.header, first, last, timestamp)
            $0.writeImmutableBuffer(name)
        }
    }

    // MARK: Compaction

    /// Whether ``beginJournal(_:)`` should be called.
    var journalIsMostlyDead: Bool {
        guard let journal = self.journal else { return true }
        return journal.size > 2 * self.journalBase + Self.compactionThreshold
    }

    /// Begins a new journal with all there is.
    func beginJournal(_ snapshot: borrowing StoreChanges) throws(StoreError) {
        try self.replace(self.journalPath, with: snapshot.records)
        self.waiting.clear()
        let journal = try AppendFile(self.journalPath)
        self.journal = journal
        self.journalBase = journal.size
    }

    /// Whether ``compact(_:_:)`` should be called: the file has grown a good deal since it was last.
    func isDueForCompaction(_ channel: UInt64) -> Bool {
        guard let file = self.channels[channel] else { return false }
        return file.size >= self.compactionSizes[channel, default: Self.compactionThreshold]
    }

    /// Writes a channel's log anew if half of it is dead.
    func compact(_ channel: UInt64, _ log: MessageLog) throws(StoreError) {
        guard let name = self.names[channel], let file = self.channels[channel] else { return }
        self.compactionSizes[channel] = max(Self.compactionThreshold, file.size + file.size / 4)
        guard file.size > 2 * (log.bytes + log.count * (RecordFormat.overhead + 9)) else { return }
        var bytes = ByteBuffer()
        Self.appendHeader(name, first: log.firstSequence, last: log.lastSequence, timestamp: log.lastTimestamp, to: &bytes)
        for message in log.all { Self.append(message.encoded, first: log.firstSequence, to: &bytes) }
        try self.replace(self.channelPath(channel), with: bytes)
        self.channels[channel] = try AppendFile(self.channelPath(channel))
        self.compactionSizes[channel] = max(Self.compactionThreshold, bytes.readableBytes * 2)
    }

    private func remove(_ channel: UInt64) {
        self.channels[channel] = nil
        self.compactionSizes[channel] = nil
        self.names[channel] = nil
        unlink(self.channelPath(channel))
    }

    private func replace(_ path: String, with bytes: ByteBuffer) throws(StoreError) {
        let temporary = "\(path).new"
        let file = try AppendFile(temporary, truncatingTo: 0)
        try file.append(bytes, sync: true)
        guard rename(temporary, path) == 0 else { throw AppendFile.error(path) }
    }

    /// Removes all that a store has, for a server that is to forget.
    static func erase(_ directory: String) throws(StoreError) {
        guard let listing = opendir(directory) else {
            if errno == ENOENT { return }
            throw AppendFile.error(directory)
        }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "journal" || name.hasPrefix("channel-") { unlink("\(directory)/\(name)") }
        }
    }
}
