extension Configuration.StdoutSink {
    static func decode(_ reader: ObjectReader) -> Self {
        let format = reader["format"]?
            .choice(
                Configuration.RecordFormat.self,
                except: [.lengthDelimited],
                because: "is for files: its records are no lines"
            )
        reader.finish()
        return Self(format: format ?? .json)
    }
}
