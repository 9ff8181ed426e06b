extension Configuration.HTTPSink.LowSpeed {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let below = reader.required("below", "how much a second is too slow, such as \"1KiB\"")?.size(in: 1...1 << 30)
        let duration = reader.required("for", "how long it may be that slow, such as \"10s\"")?
            .wholeSeconds(atMost: Limits.hour, reason: "speed is measured each second")
        reader.finish()
        guard let below, let duration else { return nil }
        return Self(below: below, duration: duration)
    }
}
