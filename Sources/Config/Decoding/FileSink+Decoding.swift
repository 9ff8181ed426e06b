extension Configuration.FileSink {
    static func decode(_ reader: ObjectReader) -> Self? {
        let resolve = reader.context.surroundings.resolve
        let path = reader.required("path", "the file to write, such as \"/var/lib/stan-bridged/{channel}.ndjson\"")?
            .parsed { text throws(TextProblem) in try PathTemplate(parsing: text, resolve: resolve) }
        let format = reader["format"]?.choice(Configuration.RecordFormat.self)
        let sync = reader["sync"].flatMap(Sync.decode)
        let rotate = reader["rotate"].flatMap(Rotate.decode)
        let mode = reader["mode"]?.parsed("a string such as \"0640\"", by: Self.mode)
        let idleClose = reader["idle_close"]?.duration(in: Limits.millisecond...(Limits.day * 30))
        let maxOpen = reader["max_open"]?.integer(in: 1...1_000_000)
        reader.finish()

        guard let path else { return nil }
        return Self(
            path: path,
            format: format ?? .json,
            sync: sync ?? .always,
            rotate: rotate,
            mode: mode ?? 0o640,
            idleClose: idleClose ?? .seconds(300),
            maxOpen: maxOpen ?? 256
        )
    }

    private static func mode(_ text: String) throws(TextProblem) -> UInt16 {
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy(\.isASCIIDigit), let mode = UInt16(text, radix: 8),
            mode <= 0o777
        else { throw TextProblem("must be permission bits in octal such as \"0640\", not \(Quoted(text))") }
        guard mode & 0o600 == 0o600 else {
            throw TextProblem("must let the owner read and write, not \(Quoted(text)) (write \"06..\" or \"07..\")")
        }
        return mode
    }
}
