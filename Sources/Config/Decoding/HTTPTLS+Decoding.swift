extension Configuration.HTTPSink.TLS {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let shared = Configuration.TLS.decode(reader, name: "billing.example")
        let minimumVersion = reader["min_version"]?.choice(Version.self)
        reader.finish()
        return Self(shared: shared, minimumVersion: minimumVersion ?? Self.standard.minimumVersion)
    }
}
