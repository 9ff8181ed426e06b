extension Configuration.StdoutSink {
    static func decode(_ reader: ObjectReader) -> Self {
        let format = reader["format"]?.choice(Configuration.RecordFormat.self, planned: ["length_delimited"])
        reader.finish(.none)
        return Self(format: format ?? .json)
    }
}
