extension Configuration.Retry {
    static func decode(_ field: Field) -> Self {
        guard let reader = field.object() else { return .standard }
        let waits = Limits.millisecond...(Limits.day * 30)
        let initialField = reader["initial"]
        let maxField = reader["max"]
        let initial = initialField.map { $0.duration(in: waits) }
        let max = maxField.map { $0.duration(in: waits) }
        let multiplier = reader["multiplier"]?.double(in: 1...1000)
        let jitter = reader["jitter"]?.double(in: 0...1)
        let maxAttempts = reader["max_attempts"]?.integer(in: 0...UInt32(Int32.max))
        reader.finish()

        let standard = Self.standard
        // Unreadable ones were reported; there is nothing to compare then.
        if let first = initial ?? standard.initial, let last = max ?? standard.max, last < first {
            if let maxField {
                maxField.error("must not be shorter than \"initial\", which is \(DurationText.print(first))")
            } else {
                initialField?.error(
                    "must not be longer than \"max\", which is \(DurationText.print(last)) by default (set \"max\" too)"
                )
            }
        }
        return Self(
            initial: (initial ?? nil) ?? standard.initial,
            max: (max ?? nil) ?? standard.max,
            multiplier: multiplier ?? standard.multiplier,
            jitter: jitter ?? standard.jitter,
            maxAttempts: maxAttempts ?? standard.maxAttempts
        )
    }
}
