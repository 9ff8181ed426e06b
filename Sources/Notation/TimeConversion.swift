/// A part of a time in a path, by its letter in `strftime`.
///
/// Each writes the same number of digits at any time: what stands before and after it in a path can be told from it, so that two
/// channels never share a path. (So there is no `%s`.) None depends on a language or on a time zone.
package enum TimeConversion: Character, Sendable, Hashable, CaseIterable {
    case year = "Y"
    case yearOfCentury = "y"
    case month = "m"
    case day = "d"
    case dayOfYear = "j"

    /// `%Y-%m-%d`.
    case date = "F"

    /// The year that the week of ISO 8601 counts in.
    case yearOfWeek = "G"
    case week = "V"

    /// From 1, a Monday, to 7.
    case weekday = "u"
    case hour = "H"
    case minute = "M"
    case second = "S"

    /// As it is written.
    package var text: String { "%\(self.rawValue)" }
}
