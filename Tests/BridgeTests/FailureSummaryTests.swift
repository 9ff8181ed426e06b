import NIOCore
import Testing

@testable import stan_bridged

@Suite("Failure summary")
struct FailureSummaryTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("the first failure is worth a line, then one a minute for all that came since")
    func oneAMinute() {
        var summary = FailureSummary()
        #expect(summary.failed(now: self.start) == .began)
        for second in Int64(1)...59 { #expect(summary.failed(now: self.start + .seconds(second)) == nil) }
        #expect(summary.failed(now: self.start + .seconds(60)) == .continues(failures: 60))
        #expect(summary.failed(now: self.start + .seconds(119)) == nil)
        #expect(summary.failed(now: self.start + .seconds(500)) == .continues(failures: 2))
    }

    @Test("recovery is worth a line, with all failures counted, only after failures, and once")
    func recovery() {
        var summary = FailureSummary()
        #expect(summary.recovered() == nil)
        for second in Int64(0)..<130 { _ = summary.failed(now: self.start + .seconds(second)) }
        #expect(summary.recovered() == .recovered(failures: 130))
        #expect(summary.recovered() == nil)
        #expect(summary.failed(now: self.start + .seconds(131)) == .began)
        #expect(summary.recovered() == .recovered(failures: 1))
    }

    @Test("what came after the last line is told when a minute has passed, though nothing more comes, and once")
    func due() {
        var summary = FailureSummary()
        #expect(summary.due(now: self.start) == nil)
        _ = summary.failed(now: self.start)
        #expect(summary.due(now: self.start + .seconds(90)) == nil)
        for second in Int64(91)...93 { _ = summary.failed(now: self.start + .seconds(second)) }
        #expect(summary.due(now: self.start + .seconds(150)) == nil)
        #expect(summary.due(now: self.start + .seconds(151)) == .continues(failures: 2))
        #expect(summary.due(now: self.start + .seconds(300)) == nil)
    }
}
