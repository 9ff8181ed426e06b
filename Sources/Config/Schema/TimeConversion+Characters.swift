package import Notation

extension TimeConversion {
    /// What each of its characters can be at any time: as many as it always has.
    package var characters: [ClosedRange<UInt8>] {
        switch self {
        case .year, .yearOfWeek: Self.digits(2, 9, 9, 9)
        case .yearOfCentury: Self.digits(9, 9)
        case .month: Self.digits(1, 9)
        case .day: Self.digits(3, 9)
        case .dayOfYear: Self.digits(3, 9, 9)
        case .date: Self.year.characters + [Self.dash] + Self.month.characters + [Self.dash] + Self.day.characters
        case .week: Self.digits(5, 9)
        case .weekday: Self.digits(7)
        case .hour: Self.digits(2, 9)
        case .minute, .second: Self.digits(5, 9)
        }
    }

    private static let dash = UInt8(ascii: "-")...UInt8(ascii: "-")

    private static func digits(_ highest: UInt8...) -> [ClosedRange<UInt8>] {
        highest.map { UInt8(ascii: "0")...UInt8(ascii: "0") + $0 }
    }
}
