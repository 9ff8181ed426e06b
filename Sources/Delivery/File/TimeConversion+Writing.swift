package import Notation

extension TimeConversion {
    /// For how many seconds, counted from the epoch, it stays the same.
    package var period: Int64 {
        switch self {
        case .second: 1
        case .minute: 60
        case .hour: 3600
        case .year, .yearOfCentury, .month, .day, .dayOfYear, .date, .yearOfWeek, .week, .weekday: 86_400
        }
    }

    /// Appends its digits.
    func write(_ time: CivilTime, to path: inout [UInt8]) {
        switch self {
        case .year: Self.append(time.date.year, digits: 4, to: &path)
        case .yearOfCentury: Self.append(time.date.year % 100, digits: 2, to: &path)
        case .month: Self.append(time.date.month, digits: 2, to: &path)
        case .day: Self.append(time.date.day, digits: 2, to: &path)
        case .dayOfYear: Self.append(time.dayOfYear, digits: 3, to: &path)
        case .date:
            Self.append(time.date.year, digits: 4, to: &path)
            path.append(UInt8(ascii: "-"))
            Self.append(time.date.month, digits: 2, to: &path)
            path.append(UInt8(ascii: "-"))
            Self.append(time.date.day, digits: 2, to: &path)
        case .yearOfWeek: Self.append(time.isoWeek.year, digits: 4, to: &path)
        case .week: Self.append(time.isoWeek.week, digits: 2, to: &path)
        case .weekday: Self.append(time.weekday, digits: 1, to: &path)
        case .hour: Self.append(time.hour, digits: 2, to: &path)
        case .minute: Self.append(time.minute, digits: 2, to: &path)
        case .second: Self.append(time.second, digits: 2, to: &path)
        }
    }

    private static func append(_ value: Int64, digits: Int, to path: inout [UInt8]) {
        var unit: Int64 = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            path.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / unit % 10))
            unit /= 10
        }
    }
}
