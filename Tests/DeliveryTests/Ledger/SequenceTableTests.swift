import Testing

@testable import Delivery

@Suite("Sequence table")
struct SequenceTableTests {
    @Test("behaves as a dictionary does, whatever comes", arguments: 1...40 as ClosedRange<UInt64>)
    func againstDictionary(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = SequenceTable<Int>()
        var model: [UInt64: Int] = [:]
        /// The model's keys, ascending.
        var held: [UInt64] = []
        // Dense runs as in a channel, with some that are stuck behind; seeds differ in how much is held and how far apart it is.
        var next = UInt64.random(in: 1...(seed.isMultiple(of: 3) ? UInt64.max - 100_000 : 1_000), using: &random)
        let capacity = [4, 60, 200, 3_000][Int(seed % 4)]
        let jump: UInt64 = [1, 1, 70, 4_096][Int(seed / 4 % 4)]
        for step in 0..<6_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5 where model.count < capacity:
                table.insert(step, for: next)
                model[next] = step
                held.append(next)
                next += UInt64.random(in: 1...jump, using: &random)
            case 5..<8:
                // The oldest as a rule, so that stragglers are left behind where it is another.
                guard !held.isEmpty else { continue }
                let index = Bool.random(using: &random) ? 0 : Int.random(in: held.indices, using: &random)
                let victim = held.remove(at: index)
                table.remove(victim)
                model[victim] = nil
            case 8:
                guard let known = held.randomElement(using: &random) else { continue }
                let before = table.update(known) { value in
                    defer { value += 1_000_000 }
                    return value
                }
                #expect(before == model[known])
                model[known, default: 0] += 1_000_000
            default:
                let any = next &- UInt64.random(in: 0...2_000, using: &random)
                #expect(table.contains(any) == (model[any] != nil))
                #expect(table.update(any) { $0 } == model[any])
                if model[any] == nil { table.remove(any) }
            }
            #expect(table.count == model.count)
        }
        var content: [UInt64: Int] = [:]
        table.forEach { content[$0] = $1 }
        #expect(content == model)
        for sequence in model.keys { table.remove(sequence) }
        #expect(table.count == 0)
        #expect(model.keys.allSatisfy { !table.contains($0) })
    }

    @Test("sequences that all want the same place are kept apart", arguments: [64, 128, 1 << 20, 1 << 40] as [UInt64])
    func samePlace(stride: UInt64) {
        var table = SequenceTable<UInt64>()
        let sequences = (0..<200).map { 5 + $0 * stride }
        for sequence in sequences.shuffled() { table.insert(sequence, for: sequence) }
        for sequence in sequences { #expect(table.update(sequence) { $0 } == sequence) }
        for sequence in sequences.shuffled() {
            table.remove(sequence)
            #expect(!table.contains(sequence))
        }
        #expect(table.count == 0)
    }

    @Test("the lowest and the highest sequence are sequences like others")
    func edges() {
        var table = SequenceTable<String>()
        for sequence in [0, 1, .max, .max - 1] as [UInt64] { table.insert("\(sequence)", for: sequence) }
        #expect(table.update(.max) { $0 } == "\(UInt64.max)")
        #expect(table.update(0) { $0 } == "0")
        table.remove(.max)
        #expect(!table.contains(.max) && table.contains(.max - 1))
    }
}
