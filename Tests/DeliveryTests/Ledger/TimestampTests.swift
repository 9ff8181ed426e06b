import Foundation
import Testing

@testable import Delivery

@Suite("Timestamps")
struct TimestampTests {
    /// What Foundation makes of the same time, with the nanoseconds put behind by hand: its own are not exact.
    private static func expected(_ nanoseconds: Int64) -> String {
        let seconds = Int64((Double(nanoseconds) / 1e9).rounded(.down))
        // Dividing as a number with a fraction is off by one near whole seconds.
        let whole = [seconds - 1, seconds, seconds + 1].last { second in
            let (start, overflow) = second.multipliedReportingOverflow(by: 1_000_000_000)
            return !overflow ? start <= nanoseconds : second < 0
        }
        let floor = whole ?? seconds
        let fraction = nanoseconds &- floor &* 1_000_000_000
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
        let units: Set<Calendar.Component> = [.year, .month, .day, .hour, .minute, .second]
        let parts = calendar.dateComponents(units, from: Date(timeIntervalSince1970: Double(floor)))
        func digits(_ value: Int?, _ count: Int) -> String {
            let text = String(value ?? -1)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(digits(parts.year, 4))-\(digits(parts.month, 2))-\(digits(parts.day, 2))T\(digits(parts.hour, 2))"
            + ":\(digits(parts.minute, 2)):\(digits(parts.second, 2)).\(digits(Int(fraction), 9))Z"
    }

    @Test("agree with Foundation's calendar at random times", arguments: 1...4 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let nanoseconds = Int64.random(in: .min ... .max, using: &random)
            #expect(Timestamp.format(nanoseconds) == Self.expected(nanoseconds))
        }
    }

    @Test(
        "are exact at the edges",
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (1, "1970-01-01T00:00:00.000000001Z"),
            (999_999_999, "1970-01-01T00:00:00.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (1_709_251_199_999_999_999, "2024-02-29T23:59:59.999999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (.max, "2262-04-11T23:47:16.854775807Z"),
            (.min, "1677-09-21T00:12:43.145224192Z"),
        ] as [(Int64, String)]
    )
    func edges(nanoseconds: Int64, text: String) {
        #expect(Timestamp.format(nanoseconds) == text)
    }

    @Test("write exactly their length, and nothing beside it")
    func length() {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Timestamp.length + 2, alignment: 1)
        defer { bytes.deallocate() }
        for index in bytes.indices { bytes[index] = 0xff }
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[1...])
        #expect(Timestamp.write(.min, to: room) == Timestamp.length)
        #expect(bytes.first == 0xff && bytes.last == 0xff)
        #expect(bytes[1] == UInt8(ascii: "1") && bytes[Timestamp.length] == UInt8(ascii: "Z"))
    }

    @Test("days follow each other through four centuries and their leap years")
    func days() {
        var (year, month, day): (Int64, Int64, Int64) = (1600, 1, 1)
        let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        // 135,140 days before the epoch.
        for days in Int64(-135_140)..<(-135_140 + 2 * 146_097) {
            let date = CivilDate(daysSinceEpoch: days)
            guard date.year == year, date.month == month, date.day == day else {
                Issue.record("day \(days) is \(date), not \(year)-\(month)-\(day)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[Int(month) - 1] + (isLeap && month == 2 ? 1 : 0) {
                (month, day) = (month % 12 + 1, 1)
                if month == 1 { year += 1 }
            }
        }
    }
}
