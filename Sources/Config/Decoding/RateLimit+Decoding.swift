extension Configuration.HTTPSink.RateLimit {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let perSecond = reader.required("per_second", "how many messages a second, such as 100")?.double(in: 0.0001...1_000_000)
        let burst = reader["burst"]?.integer(in: 1...1_000_000)
        reader.finish()
        return perSecond.map { Self(perSecond: $0, burst: burst ?? max(1, Int($0.rounded(.up)))) }
    }
}
