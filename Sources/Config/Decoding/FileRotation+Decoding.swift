extension Configuration.FileSink.Rotate {
    /// From as much as one message may well have to as much as a file can have (16 TiB on ext4).
    private static let sizes = 1 << 10...1 << 44

    /// More often, the renaming and syncing would be most of the work.
    private static let periods = Duration.seconds(60)...(Limits.day * 365)

    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let sizeField = reader["size"]
        let everyField = reader["every"]
        let keepField = reader["keep"]
        let maxAgeField = reader["max_age"]
        let compressField = reader["compress"]
        let size = sizeField?.size(in: Self.sizes)
        let every = everyField?.duration(in: Self.periods)
        let keep = keepField.flatMap(Self.keep)
        let maxAge = maxAgeField?.duration(in: Self.periods.lowerBound...Limits.century)
        let compression = compressField?.choice(Configuration.Compression.self)
        guard reader.finish() else { return nil }

        guard sizeField != nil || everyField != nil else {
            let fields = [keepField, maxAgeField, compressField].compactMap { $0 }
            for field in fields {
                field.error("needs \"size\" or \"every\" beside it: without them, no file is ever put aside")
            }
            if fields.isEmpty { reader.whole.error("must have \"size\", \"every\" or both") }
            return nil
        }
        if let every, let maxAge, maxAge < every {
            maxAgeField?.error(
                "must not be shorter than \"every\", which is \(DurationText.print(every)): each file would be removed as soon as "
                    + "it is put aside"
            )
        }
        return Self(size: size, every: every, keep: keep, maxAge: maxAge, compression: compression ?? .identity)
    }

    private static func keep(_ field: Field) -> Int? {
        if case .number("0") = field.value.content {
            field.error("must be at least 1: with 0, what was just written would be removed (leave it out to keep all)")
            return nil
        }
        return field.integer(in: 1...1_000_000)
    }
}
