/// Which messages a file holds, of all the channels that are written to it: pure.
struct HeldMessages: Equatable, Sendable {
    /// What has sequences of its own. Of a message there can be a dead letter for each sink that could not take it, beside the
    /// message itself.
    struct Source: Hashable, Sendable {
        var channel: String

        /// Of a dead letter, the route and the sink that it comes from.
        var deadLetter: DeadLetterOrigin?
    }

    struct DeadLetterOrigin: Hashable, Sendable {
        var route: String
        var sink: String
    }

    private(set) var sources: [Source] = []
    private(set) var sequences: [HeldSequences] = []
    private var indices: [Source: Int] = [:]

    var isEmpty: Bool { self.sequences.allSatisfy(\.isEmpty) }

    func sequences(of source: Source) -> HeldSequences {
        self.indices[source].map { self.sequences[$0] } ?? HeldSequences()
    }

    /// The number by which a source is asked about here; it stays the same.
    mutating func index(of source: Source) -> Int {
        if let index = self.indices[source] { return index }
        self.indices[source] = self.sources.count
        self.sources.append(source)
        self.sequences.append(HeldSequences())
        return self.sources.count - 1
    }

    @inline(__always)
    func contains(_ sequence: UInt64, _ timestamp: Int64, of index: Int) -> Bool {
        self.sequences[index].contains(sequence, timestamp)
    }

    @inline(__always)
    mutating func insert(_ sequence: UInt64, _ timestamp: Int64, of index: Int, segment: UInt32) {
        self.sequences[index].insert(sequence, timestamp, segment: segment)
    }

    /// Adds a message, as it was found in a file, unless it is there.
    mutating func add(_ sequence: UInt64, _ timestamp: Int64, of source: Source) {
        let index = self.index(of: source)
        if !self.contains(sequence, timestamp, of: index) { self.insert(sequence, timestamp, of: index, segment: 0) }
    }

    /// Adds what `other` holds, none of which is held here.
    mutating func formUnion(_ other: HeldMessages) {
        for (source, sequences) in zip(other.sources, other.sequences) where !sequences.isEmpty {
            self.sequences[self.index(of: source)].formUnion(sequences)
        }
    }

    /// Adds what was found in a file, as far as it is not there.
    mutating func addMissing(_ run: HeldSequences.Run, of source: Source) {
        self.sequences[self.index(of: source)].insertMissing(run)
    }

    /// Adds a life behind those that are there, as it was read.
    mutating func append(life: [HeldSequences.Run], of source: Source) {
        self.sequences[self.index(of: source)].append(life: life)
    }

    /// Forgets all messages, and keeps the sources.
    mutating func removeAllSequences() {
        for index in self.sequences.indices where !self.sequences[index].isEmpty { self.sequences[index] = HeldSequences() }
    }
}
