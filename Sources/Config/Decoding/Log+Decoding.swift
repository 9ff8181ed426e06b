extension Configuration.Log {
    /// The section, or the defaults where the file has none.
    static func decode(_ field: Field?) -> Self {
        let reader = field?.object()
        let level = reader?["level"]?.choice(Level.self)
        let format = reader?["format"]?.choice(Format.self)
        reader?.finish()
        return Self(level: level ?? .info, format: format ?? .text)
    }
}
