import NIOCore
import Testing

@testable import Delivery

@Suite("Settled sequences")
struct SettledSequencesTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("knows what was inserted, and nothing else", arguments: 1...10 as ClosedRange<UInt64>)
    func againstSet(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var settled = SettledSequences(memory: .seconds(10))
        var model: Set<UInt64> = []
        for _ in 0..<5_000 {
            let sequence = UInt64.random(in: 1...20_000, using: &random) + (seed.isMultiple(of: 2) ? UInt64.max - 30_000 : 0)
            settled.insert(sequence, now: self.start)
            model.insert(sequence)
        }
        let start = seed.isMultiple(of: 2) ? UInt64.max - 30_000 : 0
        #expect((start...start + 21_000).first { settled.contains($0) != model.contains($0) } == nil)
    }

    @Test(
        "nothing is forgotten before its time, whatever else is; much later everything is",
        arguments: 1...5 as ClosedRange<UInt64>
    )
    func forgetting(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var settled = SettledSequences(memory: .seconds(10))
        var usedAt: [UInt64: NIODeadline] = [:]
        var now = self.start
        var next: UInt64 = 1
        for _ in 0..<300 {
            for _ in 0..<100 {
                settled.insert(next, now: now)
                usedAt[next] = now
                next += UInt64.random(in: 1...20, using: &random)
            }
            if let known = usedAt.keys.min(), Bool.random(using: &random) {
                settled.touch(known, now: now)
                usedAt[known] = now
            }
            now = now + .milliseconds(Int64.random(in: 0...1_000, using: &random))
            settled.forget(now: now)
            usedAt = usedAt.filter { now - $0.value <= .seconds(10) }
            #expect(usedAt.keys.first { !settled.contains($0) } == nil)
        }
        settled.forget(now: now + .seconds(11))
        #expect((1..<next).allSatisfy { !settled.contains($0) })
    }

    @Test("the time without a session does not count")
    func session() {
        var settled = SettledSequences(memory: .seconds(10))
        settled.insert(7, now: self.start)
        settled.sessionResumed(now: self.start + .seconds(1_000))
        settled.forget(now: self.start + .seconds(1_010))
        #expect(settled.contains(7))
        settled.forget(now: self.start + .seconds(1_011))
        #expect(!settled.contains(7))
    }

    @Test("memory is bounded: far more sequences than it can hold push out the oldest")
    func bounded() {
        var settled = SettledSequences(memory: .hours(1))
        for segment in UInt64(0)..<70_000 { settled.insert(segment * 1_024, now: self.start) }
        #expect(!settled.contains(0))
        #expect(settled.contains(69_999 * 1_024))
        #expect((UInt64(0)..<70_000).count { settled.contains($0 * 1_024) } == 65_536)
    }
}
