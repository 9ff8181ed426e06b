import Synchronization

/// What a file sink counts of itself, for metrics; written by the writer thread once a group.
final class FileSinkCounters: Sendable {
    private let messages = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let groups = Atomic<Int>(0)
    private let copies = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)
    private let openFiles = Atomic<Int>(0)

    func countGroup(messages: Int, bytes: Int) {
        self.messages.add(messages, ordering: .relaxed)
        self.bytes.add(bytes, ordering: .relaxed)
        self.groups.add(1, ordering: .relaxed)
    }

    func countCopies(_ count: Int) {
        if count > 0 { self.copies.add(count, ordering: .relaxed) }
    }

    func countFailure() {
        self.failures.add(1, ordering: .relaxed)
    }

    func setOpenFiles(_ count: Int) {
        self.openFiles.store(count, ordering: .relaxed)
    }

    var values: FileSink.Statistics {
        FileSink.Statistics(
            messages: self.messages.load(ordering: .relaxed),
            bytes: self.bytes.load(ordering: .relaxed),
            groups: self.groups.load(ordering: .relaxed),
            copies: self.copies.load(ordering: .relaxed),
            failures: self.failures.load(ordering: .relaxed),
            openFiles: self.openFiles.load(ordering: .relaxed)
        )
    }
}
