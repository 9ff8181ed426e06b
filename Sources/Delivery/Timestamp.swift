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
        let (seconds, fraction) = nanoseconds.flooredDivision(by: 1_000_000_000)
        let (days, secondOfDay) = seconds.flooredDivision(by: 86_400)
        let date = CivilDate(daysSinceEpoch: days)

        func digits(_ value: Int64, count: Int, at offset: Int) {
            var rest = value
            for index in stride(from: offset + count - 1, through: offset, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        digits(date.year, count: 4, at: 0)
        bytes[4] = UInt8(ascii: "-")
        digits(date.month, count: 2, at: 5)
        bytes[7] = UInt8(ascii: "-")
        digits(date.day, count: 2, at: 8)
        bytes[10] = UInt8(ascii: "T")
        digits(secondOfDay / 3600, count: 2, at: 11)
        bytes[13] = UInt8(ascii: ":")
        digits(secondOfDay / 60 % 60, count: 2, at: 14)
        bytes[16] = UInt8(ascii: ":")
        digits(secondOfDay % 60, count: 2, at: 17)
        bytes[19] = UInt8(ascii: ".")
        digits(fraction, count: 9, at: 20)
        bytes[29] = UInt8(ascii: "Z")
        return self.length
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

extension Int64 {
    /// Quotient and remainder with the remainder never negative.
    fileprivate func flooredDivision(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
