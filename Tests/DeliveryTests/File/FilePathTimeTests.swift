import Delivery
import Glibc
import Notation
import TestSupport
import Testing

@Suite("Time in file paths")
struct FilePathTimeTests {
    private static let all = TimeConversion.allCases.map { "%\($0.rawValue)" }.joined(separator: "~")

    private func path(_ template: FilePathTemplate, channel: String = "a", at timestamp: Int64) -> String {
        template.path(for: RouteContext(route: "r", channel: channel, cluster: "k", clientID: "c"), at: timestamp)
    }

    /// What the C library makes of the same time.
    private static func expected(_ format: String, at timestamp: Int64) -> String {
        let (quotient, remainder) = timestamp.quotientAndRemainder(dividingBy: 1_000_000_000)
        var seconds = time_t(remainder < 0 ? quotient - 1 : quotient)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            let count = strftime(text.baseAddress, text.count, format, &parts)
            return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    @Test(
        "every conversion gives what strftime gives, at random times of the whole range",
        arguments: 1...4 as ClosedRange<UInt64>
    )
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let template = try FilePathTemplate("/\(Self.all)")
        for _ in 0..<1000 {
            let timestamp = Int64.random(in: .min ... .max, using: &random)
            #expect(self.path(template, at: timestamp) == Self.expected("/\(Self.all)", at: timestamp), "\(timestamp)")
        }
    }

    @Test("and on each day around the turn of each year, where weeks and years part")
    func turns() throws {
        let template = try FilePathTemplate("/\(Self.all)")
        for year in Int64(-290)...290 {
            // 365.2425 days a year: within a day of each turn, and three days to either side.
            let turn = year * 31_556_952
            for day in Int64(-4)...4 {
                let timestamp = (turn + day * 86_400) * 1_000_000_000
                #expect(self.path(template, at: timestamp) == Self.expected("/\(Self.all)", at: timestamp), "\(timestamp)")
            }
        }
    }

    @Test(
        "the time is that of the message, in UTC, and changes on the nanosecond",
        arguments: [
            (0, "/1970-01-01/00:00:00"), (-1, "/1969-12-31/23:59:59"),
            (951_868_799_999_999_999, "/2000-02-29/23:59:59"), (951_868_800_000_000_000, "/2000-03-01/00:00:00"),
            (.max, "/2262-04-11/23:47:16"), (.min, "/1677-09-21/00:12:43"),
        ] as [(Int64, String)]
    )
    func edges(_ timestamp: Int64, _ expected: String) throws {
        try #expect(self.path(FilePathTemplate("/%F/%H:%M:%S"), at: timestamp) == expected)
    }

    @Test(
        "the period is that of the finest conversion",
        arguments: [
            ("/a/{channel}.log", nil), ("/%%d/x", nil), ("/%Y", 86_400), ("/%y/%m/%d", 86_400), ("/%F", 86_400), ("/%j", 86_400),
            ("/%G-W%V-%u", 86_400), ("/%F/%H", 3600), ("/%H", 3600), ("/%F/%H%M", 60), ("/%M", 60), ("/%S/%F", 1),
        ] as [(String, Int64?)]
    )
    func period(_ template: String, _ expected: Int64?) throws {
        try #expect(FilePathTemplate(template).period == expected)
    }

    @Test("within a period the path never changes", arguments: 1...4 as ClosedRange<UInt64>)
    func samePeriod(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let conversions = (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in
                TimeConversion.allCases.randomElement(using: &random)
            }
            let text = "/d/{channel}-" + conversions.map { "%\($0.rawValue)" }.joined(separator: "/")
            let template = try FilePathTemplate(text)
            let length = try #require(template.period) * 1_000_000_000
            let timestamp = Int64.random(in: .min ... .max, using: &random)
            let remainder = timestamp % length
            let offset = remainder < 0 ? remainder + length : remainder
            // The first and the last period of the range are cut short.
            let first = timestamp.subtractingReportingOverflow(offset)
            let last = timestamp.addingReportingOverflow(length - 1 - offset)
            for other in [
                first.overflow ? .min : first.partialValue, last.overflow ? .max : last.partialValue,
            ] {
                #expect(self.path(template, at: other) == self.path(template, at: timestamp), "\(text) at \(timestamp)")
            }
        }
    }

    @Test("no two channels share a path, at the same time or at any two")
    func channels() throws {
        let channels = ["", "0", "1", "00", "01", "20", "2020", "a", "a0", "a1", "a20", "-", ".", "%", "2020-09-13"]
        let times = [0, 1, 59, 60, 3600, 86_400, 1_600_000_000, -1, -9_000_000_000].map { Int64($0) * 1_000_000_000 }
        for conversion in TimeConversion.allCases {
            for text in [
                "/{channel}%\(conversion.rawValue)", "/%\(conversion.rawValue){channel}", "/%H{channel}%\(conversion.rawValue)",
            ] {
                let template = try FilePathTemplate(text)
                var owners: [String: String] = [:]
                for channel in channels {
                    for time in times {
                        let path = self.path(template, channel: channel, at: time)
                        #expect(owners.updateValue(channel, forKey: path) ?? channel == channel, "\(text): \(path)")
                    }
                }
            }
        }
    }
}
