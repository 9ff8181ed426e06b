import Logging
import NIOCore
import TestSupport

@testable import Delivery

func identity(
    route: String = "orders",
    cluster: String = "test-cluster",
    channel: String = "orders",
    clientID: String = "bridge-1",
    durableName: String? = "bridge",
    queue: String? = nil,
    sinks: [String] = ["billing", "archive", "search"],
    deadLetter: String? = "dead"
) -> JournalIdentity {
    JournalIdentity(
        route: route,
        cluster: cluster,
        channel: channel,
        clientID: clientID,
        durableName: durableName,
        queue: queue,
        sinks: sinks,
        deadLetter: deadLetter
    )
}

func settling(_ sequences: some Sequence<UInt64>) -> JournalBatch {
    var batch = JournalBatch()
    batch.settled = Array(sequences)
    return batch
}

/// The memory that batches add up to.
func memory(_ batches: some Sequence<JournalBatch>) -> RouteMemory {
    batches.reduce(into: RouteMemory()) { $0.apply($1) }
}

extension RecordBuffer {
    init(_ body: (inout RecordBuffer) -> Void) {
        self.init()
        body(&self)
    }

    var array: [UInt8] { Array(self.bytes) }
}

/// A whole file.
func journalBytes(
    _ batches: [JournalBatch],
    after snapshot: RouteMemory = RouteMemory(),
    of identity: JournalIdentity = identity()
) -> [UInt8] {
    let buffer = RecordBuffer { buffer in
        JournalCodec.append(identity, to: &buffer)
        JournalCodec.append(snapshot, to: &buffer)
        for batch in batches { JournalCodec.append(batch, to: &buffer) }
    }
    return buffer.array
}

extension SeededGenerator {
    /// A batch as a ledger would report it, or a stranger one.
    mutating func nextBatch() -> JournalBatch {
        var batch = JournalBatch()
        let base = Bool.random(using: &self) ? UInt64.random(in: 1...5000, using: &self) : self.nextOfAnySize()
        if Bool.random(using: &self) {
            batch.newest = RouteMemory.Newest(sequence: base, timestamp: Int64(bitPattern: self.nextOfAnySize()))
        }
        for _ in 0..<Int.random(in: 0...4, using: &self) {
            let sequence = base &+ UInt64.random(in: 0...20, using: &self)
            let sink = Int.random(in: 0..<min(UInt64.bitWidth, RouteLedger.maximumSinks * 2), using: &self)
            if Bool.random(using: &self) {
                batch.events.append(.taken(sequence, sink: sink))
            } else {
                batch.events.append(.failed(sequence, sink: sink, self.nextFailure()))
            }
        }
        var sequence = base
        for _ in 0..<Int.random(in: 0...40, using: &self) {
            batch.settled.append(sequence)
            switch Int.random(in: 0..<8, using: &self) {
            case 0: sequence = sequence &+ UInt64.random(in: 0...70, using: &self)
            case 1: sequence = sequence &- UInt64.random(in: 0...70, using: &self)
            case 2 where Int.random(in: 0..<8, using: &self) == 0: sequence = self.nextOfAnySize()
            default: sequence = sequence &+ 1
            }
        }
        return batch
    }

    private mutating func nextFailure() -> RouteMemory.Failure {
        RouteMemory.Failure(
            attempts: UInt32(truncatingIfNeeded: self.nextOfAnySize()),
            firstAttemptAt: Int64(bitPattern: self.nextOfAnySize()),
            givenUp: [nil, "", "503 Service Unavailable", "über\u{1F600}\n"].randomElement(using: &self) ?? nil
        )
    }
}

/// A journal that a test opens, with what it logged.
struct OpenJournal {
    let journal: RouteJournal
    let memory: RouteMemory
    let log: LogCollector.Lines
}

func openJournal(
    _ directory: String,
    _ identity: JournalIdentity = identity(),
    writer: JournalWriter,
    operations: FileOperations = .system,
    limits: JournalOutput.Limits = JournalOutput.Limits(),
    waitingBytes: Int = 4 << 20,
    retry: TimeAmount = .milliseconds(20)
) throws -> OpenJournal {
    let (logger, log) = LogCollector.logger()
    var intervals = RouteJournal.Intervals()
    intervals.retry = retry
    let (journal, memory) = try RouteJournal.open(
        directory: directory,
        identity: identity,
        writer: writer,
        operations: operations,
        limits: limits,
        waitingBytes: waitingBytes,
        intervals: intervals,
        logger: logger
    )
    return OpenJournal(journal: journal, memory: memory, log: log)
}

/// A directory and a writer of the test's own.
func withJournals(_ body: (String, JournalWriter) async throws -> Void) async throws {
    try await withDirectory { directory in
        let writer = JournalWriter()
        do {
            try await body("\(directory)/journal", writer)
            await writer.close()
        } catch {
            await writer.close()
            throw error
        }
    }
}

/// What a process would find in the directory that starts now.
func reopened(
    _ directory: String,
    _ identity: JournalIdentity = identity(),
    writer: JournalWriter
) async throws -> (memory: RouteMemory, log: [String]) {
    let open = try openJournal(directory, identity, writer: writer)
    await open.journal.close()
    return (open.memory, open.log.all)
}
