/// A value of the file on its way to a type. Each conversion either gives the value, or reports what is wrong and gives nil,
/// so that reading goes on and one run finds all errors.
struct Field {
    let value: JSONValue
    let path: FieldPath
    let context: DecodingContext

    func error(_ message: @autoclosure () -> String) {
        self.context.error(at: self.value.place, self.path, message())
    }

    func warning(_ message: @autoclosure () -> String) {
        self.context.warning(at: self.value.place, self.path, message())
    }

    /// Reports that the value has the wrong type. Says nothing of the value itself: it can be a secret.
    private func wrongType(_ wanted: String) {
        switch self.value.content {
        case .null: self.error("must be \(wanted), not null (leave the key out for its default)")
        default: self.error("must be \(wanted), not \(self.value.kind)")
        }
    }
}

// MARK: - Structure

extension Field {
    func object() -> ObjectReader? {
        guard case .object(let members) = self.value.content else {
            self.wrongType("an object")
            return nil
        }
        return ObjectReader(members: members, field: self)
    }

    func array() -> [Field]? {
        guard case .array(let elements) = self.value.content else {
            self.wrongType("a list")
            return nil
        }
        return elements.enumerated().map { index, element in
            Field(value: element, path: self.path.index(index), context: self.context)
        }
    }
}

// MARK: - Text

extension Field {
    /// A string that may hold anything, even nothing.
    func string(_ wanted: String = "a string") -> String? {
        guard case .string(let text) = self.value.content else {
            self.wrongType(wanted)
            return nil
        }
        return text
    }

    /// A string with something in it, and no control characters.
    func text(_ wanted: String = "a string") -> String? {
        guard let text = self.string(wanted) else { return nil }
        if text.isEmpty {
            self.error("must not be empty")
            return nil
        }
        if text.hasControlCharacters {
            self.error("must not contain control characters")
            return nil
        }
        return text
    }

    /// A string that `parse` understands.
    func parsed<Value>(_ wanted: String = "a string", by parse: (String) throws(TextProblem) -> Value) -> Value? {
        guard let text = self.text(wanted) else { return nil }
        do throws(TextProblem) {
            return try parse(text)
        } catch {
            self.error(error.message)
            return nil
        }
    }

    /// One of the words of an enumeration.
    ///
    /// - Parameters:
    ///   - unfit: words that there are but that cannot be used here.
    ///   - reason: why, as `is for files`.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _: Choice.Type,
        except unfit: [Choice] = [],
        because reason: String = ""
    ) -> Choice? {
        let unfit = unfit.map(\.rawValue)
        let words = Choice.allCases.map(\.rawValue).filter { !unfit.contains($0) }
        guard let word = self.string(words.alternatives) else { return nil }
        if unfit.contains(word) {
            self.error("\(Quoted(word)) \(reason) (use \(words.alternatives))")
            return nil
        }
        if let choice = Choice(rawValue: word) { return choice }
        if let meant = Suggestion.closest(to: word, among: words) {
            self.error("must be \(words.alternatives), not \(Quoted(word)) (did you mean \"\(meant)\"?)")
        } else {
            self.error("must be \(words.alternatives), not \(Quoted(word))")
        }
        return nil
    }
}

// MARK: - Numbers

extension Field {
    /// A whole number, written as one: `1.0` and `1e3` are refused, so that nobody wonders about rounding.
    func integer<Number: FixedWidthInteger>(in range: ClosedRange<Number>) -> Number? {
        let wanted = "a whole number \(Self.words(for: range))"
        guard case .number(let text) = self.value.content else {
            self.wrongType(wanted)
            return nil
        }
        if text.utf8.contains(where: { ".eE".utf8.contains($0) }) {
            self.error("must be \(wanted), not \(Quoted.harmless(text)) (write it without \".\" and exponent)")
            return nil
        }
        guard let number = Number(text), range.contains(number) else {
            self.error("must be \(wanted), not \(Quoted.harmless(text))")
            return nil
        }
        return number
    }

    /// A number with or without a fraction.
    func double(in range: ClosedRange<Double>) -> Double? {
        let wanted = "a number from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))"
        guard case .number(let text) = self.value.content else {
            self.wrongType(wanted)
            return nil
        }
        guard let number = Double(text), range.contains(number) else {
            self.error("must be \(wanted), not \(Quoted.harmless(text))")
            return nil
        }
        return number
    }

    private static func short(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(number)"
    }

    private static func words<Number: FixedWidthInteger>(for range: ClosedRange<Number>) -> String {
        "from \(range.lowerBound) to \(range.upperBound)"
    }
}

// MARK: - Truth

extension Field {
    func boolean() -> Bool? {
        guard case .bool(let value) = self.value.content else {
            self.wrongType("true or false")
            return nil
        }
        return value
    }
}

// MARK: - Durations

extension Field {
    /// A duration such as `"30s"`.
    func duration(in range: ClosedRange<Duration>) -> Duration? {
        self.duration().flatMap { self.checked($0, in: range) }
    }

    /// A duration that is counted in seconds: at least one, and no fraction.
    ///
    /// - Parameter reason: why there can be no fraction.
    func wholeSeconds(
        atMost maximum: Duration = .seconds(Int32.max),
        reason: String = "STAN knows no fractions here"
    ) -> Duration? {
        guard let duration = self.duration() else { return nil }
        let (seconds, attoseconds) = duration.components
        if attoseconds > 0 {
            let right = seconds < 1 ? "\"1s\"" : "\"\(seconds)s\" or \"\(seconds + 1)s\""
            let wrong = DurationText.print(duration)
            self.error("must be whole seconds, not \(wrong): \(reason) (write \(right))")
            return nil
        }
        if seconds < 1 {
            self.error("must be at least 1s")
            return nil
        }
        return self.checked(duration, in: .seconds(1)...maximum)
    }

    private func duration() -> Duration? {
        if case .number(let text) = self.value.content {
            self.error("must be a duration, which has a unit (for seconds write \"\(Quoted.harmless(text))s\")")
            return nil
        }
        return self.parsed("a duration such as \"30s\"", by: DurationText.parse)
    }

    private func checked(_ duration: Duration, in range: ClosedRange<Duration>) -> Duration? {
        guard range.contains(duration) else {
            let limits = "\(DurationText.print(range.lowerBound)) to \(DurationText.print(range.upperBound))"
            self.error("must be from \(limits), not \(DurationText.print(duration))")
            return nil
        }
        return duration
    }
}

// MARK: - Sizes

extension Field {
    /// A number of bytes such as `"64KiB"`.
    func size(in range: ClosedRange<Int>) -> Int? {
        if case .number(let text) = self.value.content {
            self.error("must be a size, which has a unit (for bytes write \"\(Quoted.harmless(text))B\")")
            return nil
        }
        guard let size = self.parsed("a size such as \"64KiB\"", by: ByteSize.init(parsing:)) else { return nil }
        guard range.contains(size.bytes) else {
            self.error("must be from \(ByteSize(range.lowerBound)) to \(ByteSize(range.upperBound)), not \(size)")
            return nil
        }
        return size.bytes
    }
}
