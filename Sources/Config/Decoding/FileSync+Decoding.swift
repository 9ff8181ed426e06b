extension Configuration.FileSink.Sync {
    private enum Word: String, CaseIterable {
        case always
        case never
    }

    static func decode(_ field: Field) -> Self? {
        switch field.value.content {
        case .string:
            switch field.choice(Word.self) {
            case .always: return .always
            case .never: return .never
            case nil: return nil
            }
        case .object:
            guard let reader = field.object() else { return nil }
            let interval = reader.required("interval", "how often to sync, such as \"1s\"")?
                .duration(in: Limits.millisecond...Limits.hour)
            reader.finish()
            return interval.map(Self.interval)
        default:
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            field.error("must be \(words) or {\"interval\": \"1s\"}, not \(field.value.kind)")
            return nil
        }
    }
}
