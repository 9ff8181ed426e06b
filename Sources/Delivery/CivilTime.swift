/// A moment in UTC, taken apart.
package struct CivilTime: Equatable {
    /// Days since the 1st of January 1970; negative before.
    package let daysSinceEpoch: Int64
    package let date: CivilDate
    package let hour: Int64
    package let minute: Int64
    package let second: Int64

    /// What is beyond the second.
    package let nanosecond: Int64

    /// - Parameter nanoseconds: since the Unix epoch; every `Int64` lies in the years 1677 to 2262.
    package init(nanoseconds: Int64) {
        let (seconds, nanosecond) = nanoseconds.flooredDivision(by: 1_000_000_000)
        let (days, secondOfDay) = seconds.flooredDivision(by: 86_400)
        self.daysSinceEpoch = days
        self.date = CivilDate(daysSinceEpoch: days)
        self.hour = secondOfDay / 3600
        self.minute = secondOfDay / 60 % 60
        self.second = secondOfDay % 60
        self.nanosecond = nanosecond
    }
}

extension CivilTime {
    /// From 1 to 366.
    package var dayOfYear: Int64 {
        self.daysSinceEpoch - CivilDate.daysSinceEpoch(year: self.date.year, month: 1, day: 1) + 1
    }

    /// From 1, a Monday, to 7.
    package var weekday: Int64 {
        // The epoch was a Thursday.
        (self.daysSinceEpoch + 3).flooredDivision(by: 7).1 + 1
    }

    /// The week after ISO 8601, from 1 to 53, and the year that it counts in: that in which its Thursday lies.
    package var isoWeek: (year: Int64, week: Int64) {
        let thursday = self.daysSinceEpoch - self.weekday + 4
        let year = CivilDate(daysSinceEpoch: thursday).year
        return (year, (thursday - CivilDate.daysSinceEpoch(year: year, month: 1, day: 1)) / 7 + 1)
    }
}
