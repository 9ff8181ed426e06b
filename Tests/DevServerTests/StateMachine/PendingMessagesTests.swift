import NIOCore
import Testing

@testable import DevServer

@Suite("Pending messages")
struct PendingMessagesTests {
    @Test("Agrees with a plain dictionary over many random operations", arguments: [UInt64(1), 2, 3])
    func model(_ seed: UInt64) {
        var generator = TestGenerator(seed: seed)
        var pending = PendingMessages()
        var model: [UInt64: NIODeadline] = [:]
        var clock = NIODeadline.uptimeNanoseconds(1000)
        for step in 0..<20_000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                clock = clock + .nanoseconds(1)
                let sequence = UInt64(step + 1) &* 7
                pending.append(sequence, due: clock)
                model[sequence] = clock
            case 5..<9:
                guard let sequence = model.keys.sorted().randomElement(using: &generator) else { continue }
                #expect(pending.remove(sequence)?.due == model.removeValue(forKey: sequence))
                #expect(pending.remove(sequence) == nil)
            default:
                guard model.count > 300 else { continue }
                for sequence in model.keys { pending.remove(sequence) }
                model = [:]
            }
            #expect(pending.count == model.count)
            if step % 500 == 0 {
                #expect(pending.earliestDue == model.values.min())
                #expect(pending.bySequence.map(\.sequence) == model.keys.sorted())
                let limit = clock - .nanoseconds(50)
                #expect(Set(pending.due(by: limit).map(\.sequence)) == Set(model.filter { $0.value <= limit }.keys))
            }
        }
    }

    @Test("Messages inserted with an earlier due time are in their place")
    func insertion() {
        var pending = PendingMessages()
        func at(_ nanoseconds: UInt64) -> NIODeadline { .uptimeNanoseconds(nanoseconds) }
        pending.append(1, due: at(10))
        pending.append(2, due: at(30))
        pending.insert([(5, 2), (4, 1)], due: at(20))
        pending.insert([(6, 0)], due: at(40))
        pending.insert([(7, 0)], due: at(5))
        #expect(pending.due(by: at(100)).map(\.sequence) == [7, 1, 4, 5, 2, 6])
        #expect(pending.earliestDue == at(5))
        #expect(pending.remove(5)?.redeliveries == 2)
    }
}

/// SplitMix64: the same numbers for the same seed.
struct TestGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
