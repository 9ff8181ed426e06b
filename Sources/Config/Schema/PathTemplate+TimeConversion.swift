extension PathTemplate {
    /// A part of a message's time in UTC, by its letter in `strftime`: those that the file sink knows.
    package enum TimeConversion: Character, Sendable, Hashable, CaseIterable {
        case year = "Y"
        case yearOfCentury = "y"
        case month = "m"
        case day = "d"
        case dayOfYear = "j"
        case date = "F"
        case yearOfWeek = "G"
        case week = "V"
        case weekday = "u"
        case hour = "H"
        case minute = "M"
        case second = "S"

        /// As it is written.
        package var text: String { "%\(self.rawValue)" }

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
}
