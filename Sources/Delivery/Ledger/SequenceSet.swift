/// Sequences of a channel, a bit each: what stands close together costs little.
package struct SequenceSet: Sendable, Equatable {
    /// 1024 sequences in a row.
    package struct Segment: Sendable, Equatable {
        package static let size: UInt64 = 1024

        package var words = InlineArray<16, UInt64>(repeating: 0)

        package init() {}

        package static func == (left: Self, right: Self) -> Bool {
            left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
        }

        package var count: Int { self.words.indices.reduce(0) { $0 + self.words[$1].nonzeroBitCount } }
    }

    /// By number: segment `n` has the sequences from `n * Segment.size`. None of them is empty.
    package private(set) var segments: [UInt64: Segment] = [:]

    package init() {}

    package var isEmpty: Bool { self.segments.isEmpty }

    /// Looks at every segment.
    package var count: Int { self.segments.values.reduce(0) { $0 + $1.count } }

    package mutating func insert(_ sequence: UInt64) {
        let (number, word, bit) = Self.place(of: sequence)
        self.segments[number, default: Segment()].words[word] |= bit
    }

    /// Adds all sequences of a segment.
    package mutating func insert(_ segment: Segment, number: UInt64) {
        guard segment.count > 0 else { return }
        self.segments[number, default: Segment()].formUnion(segment)
    }

    package func contains(_ sequence: UInt64) -> Bool {
        let (number, word, bit) = Self.place(of: sequence)
        guard let segment = self.segments[number] else { return false }
        return segment.words[word] & bit != 0
    }

    static func place(of sequence: UInt64) -> (segment: UInt64, word: Int, bit: UInt64) {
        let offset = sequence % Segment.size
        return (sequence / Segment.size, Int(offset / 64), 1 << (offset % 64))
    }
}

extension SequenceSet.Segment {
    package mutating func formUnion(_ other: Self) {
        for index in self.words.indices { self.words[index] |= other.words[index] }
    }
}
