extension Configuration.Sink {
    /// The sinks that could be read, and the names of all.
    struct All {
        var readable: [Decoded<Configuration.Sink>] = []
        var names: Set<String> = []
    }

    private enum SinkType: String, CaseIterable {
        case http
        case file
        case stan
        case stdout
    }

    static func decodeAll(_ field: Field) -> All {
        guard let reader = field.object() else { return All() }
        var all = All()
        for (name, nameField, field) in reader.named() {
            all.names.insert(name)
            do throws(TextProblem) {
                _ = try NameText.parse(name)
            } catch {
                nameField.error("the sink's name \(error.message)")
            }
            if let kind = Self.kind(field) {
                all.readable.append(Decoded(value: Self(name: name, kind: kind), field: field))
            }
        }
        if all.names.isEmpty { field.error("must have at least one sink") }
        return all
    }

    private static func kind(_ field: Field) -> Kind? {
        guard let reader = field.object() else { return nil }
        let types = SinkType.allCases.map(\.rawValue).alternatives
        guard let type = reader.required("type", types)?.choice(SinkType.self) else { return nil }
        switch type {
        case .http: return Configuration.HTTPSink.decode(reader).map(Kind.http)
        case .file: return Configuration.FileSink.decode(reader).map(Kind.file)
        case .stan: return Configuration.StanSink.decode(reader).map(Kind.stan)
        case .stdout: return .stdout(Configuration.StdoutSink.decode(reader))
        }
    }
}
