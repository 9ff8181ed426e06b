import TestSupport
import Testing

@testable import Delivery

@Suite("What a file holds")
struct HeldSequencesTests {
    private func run(_ first: UInt64, _ last: UInt64, at start: Int64, _ end: Int64) -> HeldSequences.Run {
        HeldSequences.Run(first: first, last: last, firstTimestamp: start, lastTimestamp: end)
    }

    @Test("what comes in order is one run")
    func inOrder() {
        var held = HeldSequences()
        for sequence in UInt64(1)...1000 { held.insert(sequence, Int64(sequence) * 10, segment: 1) }
        #expect(held.lives == [[HeldSequences.Run(first: 1, last: 1000, firstTimestamp: 10, lastTimestamp: 10_000, segment: 1)]])
        #expect(held.contains(1, 10) && held.contains(500, 5000) && held.contains(1000, 10_000))
        #expect(!held.contains(1001, 10_010) && !held.contains(0, 0))
    }

    @Test("a gap is no part of it, and is closed by what was missing")
    func gap() {
        var held = HeldSequences()
        for sequence: UInt64 in [1, 2, 4, 5] { held.insert(sequence, Int64(sequence), segment: 1) }
        #expect(held.runCount == 2 && !held.contains(3, 3))
        held.insert(3, 3, segment: 1)
        #expect(held.runCount == 1 && held.contains(3, 3))
    }

    @Test("a sequence that comes again with a later time is another message, and its channel's first life is still known")
    func newLife() {
        var held = HeldSequences()
        for sequence in UInt64(1)...10 { held.insert(sequence, Int64(sequence), segment: 1) }
        for sequence in UInt64(1)...20 {
            #expect(!held.contains(sequence, 100 + Int64(sequence)))
            held.insert(sequence, 100 + Int64(sequence), segment: 2)
        }
        #expect(held.lives.count == 2)
        for sequence in UInt64(1)...10 { #expect(held.contains(sequence, Int64(sequence))) }
        for sequence in UInt64(1)...20 { #expect(held.contains(sequence, 100 + Int64(sequence))) }
    }

    @Test("what follows in another segment does not stretch a run over the first messages of a new life")
    func segments() {
        var held = HeldSequences()
        for sequence in UInt64(1)...11 { held.insert(sequence, Int64(sequence), segment: 1) }
        // The server has lost its store, and the first eleven could not be written: 12 comes before them.
        held.insert(12, 112, segment: 2)
        for sequence in UInt64(1)...11 { #expect(!held.contains(sequence, 100 + Int64(sequence))) }
    }

    @Test("the oldest runs are forgotten when there are too many")
    func bounded() {
        var held = HeldSequences()
        let count = UInt64(HeldSequences.maximumRuns) * 2
        for index in 0..<count { held.insert(index * 2 + 1, Int64(index), segment: 1) }
        #expect(held.runCount <= HeldSequences.maximumRuns)
        #expect(held.contains(count * 2 - 1, Int64(count - 1)) && !held.contains(1, 0))
    }

    /// A set of all messages, one by one, says the same.
    @Test("it holds what was inserted and nothing else, in any order and over several lives", arguments: UInt64(1)...200)
    func property(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var held = HeldSequences()
        var reference: Set<[Int64]> = []
        var start: Int64 = 0
        for life in 0..<Int.random(in: 1...4, using: &random) {
            let length = UInt64.random(in: 1...60, using: &random)
            var times: [Int64] = []
            for _ in 0..<length {
                start += .random(in: 1...3, using: &random)
                times.append(start)
            }
            // In order but for what fails, which comes later, in a segment of its own.
            var later: [UInt64] = []
            func insert(_ sequence: UInt64, segment: UInt32) {
                let time = times[Int(sequence) - 1]
                #expect(held.contains(sequence, time) == reference.contains([Int64(sequence), time]))
                guard !held.contains(sequence, time) else { return }
                held.insert(sequence, time, segment: segment)
                reference.insert([Int64(sequence), time])
            }
            for sequence in 1...length {
                if Int.random(in: 0..<4, using: &random) == 0 {
                    later.append(sequence)
                } else {
                    insert(sequence, segment: UInt32(life * 2 + 1))
                }
            }
            for sequence in later.shuffled(using: &random) where Bool.random(using: &random) {
                insert(sequence, segment: UInt32(life * 2 + 2))
            }
            for (index, time) in times.enumerated() {
                let sequence = Int64(index + 1)
                #expect(held.contains(UInt64(sequence), time) == reference.contains([sequence, time]))
            }
        }
        // As it comes back from disk, it says the same.
        var again = HeldSequences()
        for life in held.lives { again.append(life: life) }
        for message in reference { #expect(again.contains(UInt64(message[0]), message[1])) }
    }
}
