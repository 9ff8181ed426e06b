import NIOCore

/// The value of the header `Retry-After`: RFC 9110, section 10.2.3.
enum RetryAfter {
    /// A wait that is longer than anyone means; larger numbers count as this: 10 years.
    private static let maximumSeconds: Int64 = 10 * 365 * 86_400

    /// How long the receiver asks us to wait.
    ///
    /// - Parameters:
    ///   - value: a number of seconds, or a date in one of the three formats of RFC 9110, section 5.6.7.
    ///   - now: seconds since the Unix epoch.
    /// - Returns: nil where the value is neither. A date that has passed is no wait at all.
    static func parse(_ value: some StringProtocol, now: Int64) -> TimeAmount? {
        let bytes = Array(value.utf8)
        let text = bytes.drop(while: Self.isBlank).reversed().drop(while: Self.isBlank).reversed()
        guard !text.isEmpty else { return nil }
        if text.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) {
            let seconds = text.reduce(Int64(0)) { min($0 * 10 + Int64($1 &- UInt8(ascii: "0")), Self.maximumSeconds) }
            return .seconds(seconds)
        }
        guard let date = self.date(Array(text), now: now) else { return nil }
        return .seconds(min(max(date - now, 0), Self.maximumSeconds))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Seconds since the Unix epoch.
    ///
    ///     Sun, 06 Nov 1994 08:49:37 GMT    the format of today
    ///     Sunday, 06-Nov-94 08:49:37 GMT   RFC 850
    ///     Sun Nov  6 08:49:37 1994         C's asctime
    private static func date(_ text: [UInt8], now: Int64) -> Int64? {
        let words = text.split(whereSeparator: { $0 == UInt8(ascii: " ") })
        let fields: (day: ArraySlice<UInt8>, month: ArraySlice<UInt8>, year: ArraySlice<UInt8>, time: ArraySlice<UInt8>)
        if words.count == 6, words[5].elementsEqual("GMT".utf8) {
            fields = (words[1], words[2], words[3], words[4])
        } else if words.count == 4, words[3].elementsEqual("GMT".utf8) {
            let parts = words[1].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            fields = (parts[0], parts[1], parts[2], words[2])
        } else if words.count == 5 {
            fields = (words[2], words[1], words[4], words[3])
        } else {
            return nil
        }

        let clock = fields.time.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard clock.count == 3,
            let day = self.number(fields.day, upTo: 31), day >= 1,
            let month = Self.months.firstIndex(where: { fields.month.elementsEqual($0.utf8) }),
            let hour = self.number(clock[0], upTo: 23),
            let minute = self.number(clock[1], upTo: 59),
            let second = self.number(clock[2], upTo: 60),
            let year = self.year(fields.year, now: now)
        else { return nil }
        let days = self.daysSinceEpoch(year: year, month: Int64(month) + 1, day: day)
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func number(_ digits: ArraySlice<UInt8>, upTo maximum: Int64) -> Int64? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else { return nil }
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
        return number <= maximum ? number : nil
    }

    /// A year of two digits that looks more than 50 years ahead means the most recent one that ends so.
    private static func year(_ digits: ArraySlice<UInt8>, now: Int64) -> Int64? {
        guard let number = self.number(digits, upTo: 9999) else { return nil }
        guard digits.count == 2 else { return digits.count == 4 ? number : nil }
        let thisYear = CivilDate(daysSinceEpoch: now / 86_400).year
        let year = thisYear / 100 * 100 + number
        return year > thisYear + 50 ? year - 100 : year
    }

    /// The other way round than ``CivilDate``: counts whole years from March on, so that a leap day comes last.
    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let fromMarch = (month + 9) % 12
        let years = month <= 2 ? year - 1 : year
        return 365 * years + years / 4 - years / 100 + years / 400 + (fromMarch * 306 + 5) / 10 + day - 1 - 719_468
    }
}
