/// Durations as they are written in the file: `"500ms"`, `"30s"`, `"1.5s"`, `"1h30m"`.
enum DurationText {
    /// Longest unit first, in nanoseconds.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    private static let wanted = "must be a duration such as \"500ms\", \"30s\" or \"1h30m\""

    /// Reads one or more numbers with a unit each, from the longest unit to the shortest. A number may have a decimal fraction
    /// as long as whole nanoseconds come out.
    static func parse(_ text: String) throws(TextProblem) -> Duration {
        var rest = Substring(text)
        if rest.utf8.first == UInt8(ascii: "-") { throw TextProblem("must not be negative") }
        var total: Int64 = 0
        var lastUnit = -1
        repeat {
            let whole = Self.take(from: &rest) { $0.isASCIIDigit }
            var fraction = Substring()
            if !whole.isEmpty, rest.utf8.first == UInt8(ascii: ".") {
                rest = Substring(rest.utf8.dropFirst())
                fraction = Self.take(from: &rest) { $0.isASCIIDigit }
                if fraction.isEmpty { throw TextProblem("\(Self.wanted), not \(Quoted(text))") }
            }
            let name = Self.take(from: &rest) { $0.isASCIILetter }
            guard !whole.isEmpty, !name.isEmpty || rest.isEmpty else {
                throw TextProblem("\(Self.wanted), not \(Quoted(text))")
            }
            guard let unit = Self.units.firstIndex(where: { $0.name == name }) else {
                if name.isEmpty { throw TextProblem("\(Self.wanted), not \(Quoted(text)) (a unit is missing)") }
                throw TextProblem("the unit \(Quoted(String(name))) is unknown (known: ns, us, ms, s, m, h)")
            }
            guard unit > lastUnit else {
                throw TextProblem("\(Self.wanted), not \(Quoted(text)) (each unit once, the longest first)")
            }
            lastUnit = unit
            total = try Self.add(whole: whole, fraction: fraction, of: Self.units[unit].nanoseconds, to: total)
        } while !rest.isEmpty
        return .nanoseconds(total)
    }

    private static func add(
        whole: Substring,
        fraction: Substring,
        of unit: Int64,
        to total: Int64
    ) throws(TextProblem) -> Int64 {
        guard let number = Int64(whole) else { throw TextProblem("is longer than can be counted") }
        let (product, tooLong) = number.multipliedReportingOverflow(by: unit)
        var (sum, tooLongTogether) = total.addingReportingOverflow(product)
        var part = unit
        // Zeros at the end of a fraction may go on beyond the nanosecond.
        for digit in fraction.utf8 where digit != UInt8(ascii: "0") || part % 10 == 0 {
            guard part % 10 == 0 else { throw TextProblem("is finer than a nanosecond") }
            part /= 10
            let more = sum.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")) * part)
            sum = more.partialValue
            tooLongTogether = tooLongTogether || more.overflow
        }
        if tooLong || tooLongTogether { throw TextProblem("is longer than can be counted") }
        return sum
    }

    private static func take(from rest: inout Substring, while condition: (UInt8) -> Bool) -> Substring {
        let end = rest.utf8.firstIndex { !condition($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest[..<end]
    }

    /// A short way to write a duration of zero or more: `1m30s`, `1.5s`, `250ms`.
    static func print(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        switch (seconds, nanoseconds) {
        case (0, 0): return "0s"
        case (0, ..<1_000): return "\(nanoseconds)ns"
        case (0, ..<1_000_000): return Self.decimal(nanoseconds, unit: 1_000) + "us"
        case (0, _): return Self.decimal(nanoseconds, unit: 1_000_000) + "ms"
        default: break
        }
        var text = ""
        if seconds >= 3600 { text += "\(seconds / 3600)h" }
        if seconds % 3600 >= 60 { text += "\(seconds % 3600 / 60)m" }
        let rest = seconds % 60 * 1_000_000_000 + nanoseconds
        return rest == 0 ? text : text + Self.decimal(rest, unit: 1_000_000_000) + "s"
    }

    /// `number` in units of a power of ten, without zeros at the end of the fraction.
    private static func decimal(_ number: Int64, unit: Int64) -> String {
        var text = "\(number / unit)"
        var rest = number % unit
        if rest > 0 { text += "." }
        var part = unit
        while rest > 0 {
            part /= 10
            text += "\(rest / part)"
            rest %= part
        }
        return text
    }
}
