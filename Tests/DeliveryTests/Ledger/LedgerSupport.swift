import NIOCore

@testable import Delivery

extension RetrySchedule {
    /// 1 s, 2 s, 4 s, 8 s, 10 s, without jitter.
    static var exact: RetrySchedule {
        var schedule = RetrySchedule()
        schedule.maximum = .seconds(10)
        schedule.jitter = 0
        return schedule
    }
}

extension Envelope {
    static func message(
        _ sequence: UInt64,
        body: String? = nil,
        timestamp: Int64? = nil,
        redelivered: Bool = false
    ) -> Envelope {
        Envelope(
            sequence: sequence,
            timestamp: timestamp ?? Int64(sequence),
            redelivered: redelivered,
            body: ByteBuffer(string: body ?? "\(sequence)")
        )
    }
}

extension NIODeadline {
    static var zero: NIODeadline { .uptimeNanoseconds(1_000_000_000_000) }

    static func at(_ seconds: Double) -> NIODeadline { .zero + .nanoseconds(Int64(seconds * 1e9)) }
}
