extension Configuration.HTTPSink.Batch {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let maxMessages = reader["max_messages"]?.integer(in: 1...10_000)
        let maxBytes = reader["max_bytes"]?.size(in: 1 << 10...64 << 20)
        let maxWait = reader["max_wait"]?.duration(in: Limits.millisecond...Limits.hour)
        let format = reader["format"]?.choice(Format.self)
        reader.finish()
        return Self(
            maxMessages: maxMessages ?? 100,
            maxBytes: maxBytes ?? 1 << 20,
            maxWait: maxWait ?? .milliseconds(100),
            format: format ?? .ndjson
        )
    }
}
