extension Configuration.HTTPSink.CircuitBreaker {
    /// Nil where there is to be none, and where an error was reported.
    static func decode(_ field: Field) -> Self? {
        switch field.value.content {
        case .bool(false):
            return nil
        case .object:
            guard let reader = field.object() else { return nil }
            let failures = reader["failures"]?.integer(in: 1...1_000_000)
            let openFor = reader["open_for"]?.duration(in: Limits.millisecond...Limits.day)
            reader.finish()
            return Self(failures: failures ?? Self.standard.failures, openFor: openFor ?? Self.standard.openFor)
        case .bool(true):
            field.error("must be an object, or false for none, not true (leave the key out for its default)")
            return nil
        default:
            field.error("must be an object, or false for none, not \(field.value.kind)")
            return nil
        }
    }
}
