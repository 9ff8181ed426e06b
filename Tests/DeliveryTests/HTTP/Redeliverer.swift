import Delivery
import NIOCore
import NIOPosix
import Synchronization

/// Delivers what fails again, as a route does, until the sink has taken it; and counts.
final class Redeliverer: DeliveryReceiver {
    private struct State {
        var attempts: [UInt64: UInt32] = [:]
        var delivered: [UInt64] = []
        var failed: [DeliveryReport.Failed] = []
    }

    /// How long a message waits for its next attempt.
    private static let pause = TimeAmount.milliseconds(5)

    private let state = Mutex(State())

    /// Gets what is delivered, and what is not to be tried again.
    let results = Collector()
    private let under: SinkUnderTest

    init(_ under: SinkUnderTest) { self.under = under }

    func deliver(_ sequences: ClosedRange<UInt64>, body: String = "{}") {
        self.state.withLock { state in
            for sequence in sequences { state.attempts[sequence] = 1 }
        }
        self.under.deliver(sequences, body: body, to: self)
    }

    func finished(_ report: DeliveryReport) {
        var final = report
        final.failed.removeAll { if case .rejected = $0.failure { false } else { true } }
        self.results.finished(final)
        for failed in report.failed {
            let attempt = self.state.withLock { state in
                state.failed.append(failed)
                if failed.failure.countsAsAttempt { state.attempts[failed.sequence, default: 1] += 1 }
                return state.attempts[failed.sequence, default: 1]
            }
            guard !final.failed.contains(failed) else { continue }
            _ = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: Self.pause) {
                self.under.deliver([failed.sequence], attempt: attempt, to: self)
            }
        }
    }

    /// Everything that failed, although it may have been delivered afterwards.
    var failed: [DeliveryReport.Failed] { self.state.withLock { $0.failed } }

    /// The number of each message's last attempt.
    var attempts: [UInt64: UInt32] { self.state.withLock { $0.attempts } }
}
