/// RFC 3339 text of a message's timestamp, in UTC and with all nine digits of the nanoseconds.
package enum Timestamp {
    /// The length of what `write` writes for the years 0 to 9999: `2020-09-13T12:26:40.000000000Z`.
    package static let length = 30

    /// The text as a string; for hot paths use `write`.
    package static func format(_ nanoseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: self.length) { self.write(nanoseconds, to: UnsafeMutableRawBufferPointer($0)) }
    }

    /// Writes the text to the start of `bytes`, which must have room for `length` bytes.
    ///
    /// - Parameter nanoseconds: since the Unix epoch; every `Int64` lies in the years 1677 to 2262.
    /// - Returns: the number of bytes written, always `length`.
    @discardableResult
    package static func write(_ nanoseconds: Int64, to bytes: UnsafeMutableRawBufferPointer) -> Int {
        precondition(bytes.count >= self.length)
        let time = CivilTime(nanoseconds: nanoseconds)

        func digits(_ value: Int64, count: Int, at offset: Int) {
            var rest = value
            for index in stride(from: offset + count - 1, through: offset, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        digits(time.date.year, count: 4, at: 0)
        bytes[4] = UInt8(ascii: "-")
        digits(time.date.month, count: 2, at: 5)
        bytes[7] = UInt8(ascii: "-")
        digits(time.date.day, count: 2, at: 8)
        bytes[10] = UInt8(ascii: "T")
        digits(time.hour, count: 2, at: 11)
        bytes[13] = UInt8(ascii: ":")
        digits(time.minute, count: 2, at: 14)
        bytes[16] = UInt8(ascii: ":")
        digits(time.second, count: 2, at: 17)
        bytes[19] = UInt8(ascii: ".")
        digits(time.nanosecond, count: 9, at: 20)
        bytes[29] = UInt8(ascii: "Z")
        return self.length
    }

    /// Reads what `write` writes, and nothing else.
    ///
    /// - Returns: nanoseconds since the Unix epoch.
    package static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == self.length else { return nil }

        func number(_ range: Range<Int>) -> Int64? {
            var number: Int64 = 0
            for byte in bytes[range] {
                guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
                number = number * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return number
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<29),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = CivilDate.daysSinceEpoch(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        let (sum, sumOverflow) = nanoseconds.addingReportingOverflow(fraction)
        // The rest, separators and days that no month has, shows in the way back.
        guard !sumOverflow, self.format(sum) == text else { return nil }
        return sum
    }
}

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Equatable {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    /// Counts in eras of 400 years of 146,097 days that begin on the 1st of March, so that a leap day is an era's or a year's last.
    package init(daysSinceEpoch days: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        self.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
    }
}

extension CivilDate {
    /// The other way round. A day beyond its month's end counts on into the next.
    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.flooredDivision(by: 400)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    /// Quotient and remainder with the remainder never negative.
    func flooredDivision(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
