/// RFC 3339 timestamps to nanoseconds since the Unix epoch.
enum TimestampText {
    private static let wanted = "must be an RFC 3339 time such as \"2026-01-31T08:00:00Z\""

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)`. Leap seconds are refused: the server's clock has none.
    static func parse(_ text: String) throws(TextProblem) -> Int64 {
        let problem = TextProblem("\(Self.wanted), not \(Quoted(text))")
        var bytes = Array(text.utf8)[...]

        func digits(_ count: Int, then separators: String) throws(TextProblem) -> Int64 {
            let digits = bytes.prefix(count)
            guard digits.count == count, digits.allSatisfy(\.isASCIIDigit) else { throw problem }
            bytes = bytes.dropFirst(count)
            if !separators.isEmpty {
                guard let separator = bytes.popFirst(), separators.utf8.contains(separator) else { throw problem }
            }
            return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }

        let year = try digits(4, then: "-")
        let month = try digits(2, then: "-")
        let day = try digits(2, then: "Tt")
        let hour = try digits(2, then: ":")
        let minute = try digits(2, then: ":")
        let second = try digits(2, then: "")
        guard (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60, second < 60
        else { throw problem }

        var nanoseconds: Int64 = 0
        if bytes.first == UInt8(ascii: ".") {
            let fraction = bytes.dropFirst().prefix(while: \.isASCIIDigit)
            guard (1...9).contains(fraction.count) else { throw problem }
            nanoseconds = fraction.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            for _ in fraction.count..<9 { nanoseconds *= 10 }
            bytes = bytes.dropFirst(fraction.count + 1)
        }

        var offset: Int64 = 0
        switch bytes.popFirst() {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            break
        case .some(let sign) where sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"):
            let hours = try digits(2, then: ":")
            let minutes = try digits(2, then: "")
            guard hours < 24, minutes < 60 else { throw problem }
            offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "+") ? 60 : -60)
        default:
            throw problem
        }
        guard bytes.isEmpty else { throw problem }
        guard (1970...2261).contains(year) else { throw TextProblem("must be a time from 1970 to 2261, not \(Quoted(text))") }

        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + nanoseconds
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: Self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let before = year - 1
        let leapDays = before / 4 - before / 100 + before / 400 - 477  // 477 of them before 1970
        var days = (year - 1970) * 365 + leapDays + day - 1
        for earlier in 1..<month { days += Self.days(in: earlier, of: year) }
        return days
    }
}
