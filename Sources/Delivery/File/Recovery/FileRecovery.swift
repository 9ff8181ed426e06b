import Logging

/// Finds out, when a file is opened, which messages it holds, and cuts off what was never confirmed.
///
/// What is confirmed is what the record beside the file says. In the format `json` the lines behind that say themselves what they are,
/// so only a torn one is cut off; in the others everything is, for nobody knows any more which messages it is.
struct FileRecovery {
    /// What was found out.
    struct Result {
        /// The messages in the file, and in those that had its name before.
        var held: HeldMessages

        /// The file's length: whole records that count.
        var length: Int64

        /// How much of it the record knows of; nil where the record is not of this file.
        var recordedLength: Int64?

        /// Where whole records lie that may not be on disk yet.
        var unsure: Range<Int64>?
    }

    let path: String
    let descriptor: Int32
    let status: FileStatus
    let format: RecordFormat
    let operations: FileOperations
    let logger: Logger

    /// - Parameters:
    ///   - found: the record beside the file.
    ///   - confirmed: what of the file is confirmed as far as this process knows.
    /// - Throws: when the file cannot be read or cut, or cannot be one of ours.
    func run(_ found: FileRecordStore.Found, confirmed: OutputFile.Confirmed?) throws(SinkError) -> Result {
        var length = self.status.length
        if let confirmed, confirmed.identity == self.status.identity, confirmed.length < length {
            try self.cut(to: confirmed.length)
            self.say(.info, "cut off what a failed write had left in the file", ["bytes": "\(length - confirmed.length)"])
            length = confirmed.length
        }
        switch found {
        case .record(let record) where record.identity == self.status.identity:
            return try self.continue(record, length: length)
        case .record(let record):
            if !record.held.isEmpty { self.say(.info, "what files of this name held before is not written into it again", [:]) }
            return try self.begin(with: record.held, length: length)
        case .nothing:
            if length > 0, self.format != .json { self.sayWhatIsUnknown("there is no record of what the file holds") }
            return try self.begin(with: HeldMessages(), length: length)
        case .unusable(let reason):
            if length > 0 || self.format != .json {
                self.sayWhatIsUnknown("the record of what the file holds cannot be used: \(reason)")
            }
            return try self.begin(with: HeldMessages(), length: length)
        }
    }

    /// With the record of this very file.
    private func `continue`(_ record: FileRecord, length: Int64) throws(SinkError) -> Result {
        if length < record.length {
            self.say(
                .warning,
                "the file is shorter than when it was last written: what was cut off is lost (logrotate: no copytruncate, but SIGUSR1)",
                ["bytes": "\(record.length - length)"]
            )
            let whole = try self.cutTornTail(length)
            return Result(held: record.held, length: whole, recordedLength: nil)
        }
        if self.format == .json {
            return try self.scan(from: record.length, to: length, held: record.held, recordedLength: record.length)
        }
        let tail = length - record.length
        guard tail > 0 else { return Result(held: record.held, length: length, recordedLength: record.length) }
        guard tail < TornTail.limit else {
            self.sayWhatIsUnknown("the file has \(tail) bytes more than its record knows of, more than were ever under way")
            return Result(held: record.held, length: try self.cutTornTail(length), recordedLength: nil)
        }
        try self.cut(to: record.length)
        self.say(.notice, "cut off messages that were written and never confirmed: they come again", ["bytes": "\(tail)"])
        return Result(held: record.held, length: record.length, recordedLength: record.length)
    }

    /// Without a record of this file: it is new, or nobody knows more of it than it says itself.
    private func begin(with held: HeldMessages, length: Int64) throws(SinkError) -> Result {
        guard length > 0 else { return Result(held: held, length: 0, recordedLength: nil) }
        guard self.format == .json else {
            return Result(held: held, length: try self.cutTornTail(length), recordedLength: nil)
        }
        return try self.scan(from: 0, to: length, held: held, recordedLength: nil)
    }

    private func scan(from start: Int64, to length: Int64, held: HeldMessages, recordedLength: Int64?) throws(SinkError) -> Result
    {
        var end = try self.cutTornTail(length)
        guard start < end else { return Result(held: held, length: end, recordedLength: recordedLength) }
        let found: JSONRecordScan.Result
        do {
            found = try JSONRecordScan.scan(start..<end, of: self.descriptor, operations: self.operations)
        } catch {
            throw SinkError("\(self.path): cannot read it: \(error)")
        }
        if let hole = found.hole {
            try self.cut(to: hole)
            self.say(.warning, "a power failure has left holes in the file: cut it off there", ["bytes": "\(end - hole)"])
            end = hole
        }
        if found.strangeLines > 0 {
            self.say(.warning, "some lines of the file are no records: left where they are", ["lines": "\(found.strangeLines)"])
        }
        var held = held
        for (source, sequences) in zip(found.held.sources, found.held.sequences) {
            for run in sequences.lives.joined() { held.addMissing(run, of: source) }
        }
        self.say(.info, "read again what the file holds", ["messages": "\(found.messages)", "bytes": "\(end - start)"])
        return Result(held: held, length: end, recordedLength: recordedLength, unsure: start < end ? start..<end : nil)
    }

    private func cutTornTail(_ length: Int64) throws(SinkError) -> Int64 {
        let tail = TornTail(path: self.path, descriptor: self.descriptor, operations: self.operations)
        let whole = try tail.lengthOfWholeRecords(in: self.format, length: length)
        if whole < length {
            try self.cut(to: whole)
            self.say(
                .warning,
                "the file ended in the middle of a record that was never confirmed: cut it off",
                ["bytes": "\(length - whole)"]
            )
        }
        return whole
    }

    private func cut(to length: Int64) throws(SinkError) {
        do {
            try self.operations.truncateUninterrupted(self.descriptor, to: length)
        } catch {
            throw SinkError("\(self.path): cannot cut off an incomplete record: \(error)")
        }
    }

    private func sayWhatIsUnknown(_ what: String) {
        self.say(.warning, "\(what): messages that were not acked yet may come into it a second time", [:])
    }

    private func say(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        self.logger.log(level: level, "\(message)", metadata: metadata.merging(["path": "\(self.path)"]) { $1 })
    }
}
