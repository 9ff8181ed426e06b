extension Configuration.StartPosition {
    private enum Word: String, CaseIterable {
        case newOnly = "new_only"
        case first
        case lastReceived = "last_received"
    }

    static func decode(_ field: Field) -> Self? {
        switch field.value.content {
        case .string:
            switch field.choice(Word.self) {
            case .newOnly: return .newOnly
            case .first: return .first
            case .lastReceived: return .lastReceived
            case nil: return nil
            }
        case .object:
            return field.object().flatMap(Self.decode)
        default:
            let words = Word.allCases.map(\.rawValue).alternatives
            field.error("must be \(words), or an object with \"sequence\", \"time\" or \"ago\"")
            return nil
        }
    }

    private static func decode(_ reader: ObjectReader) -> Self? {
        let sequence = reader["sequence"]
        let time = reader["time"]
        let ago = reader["ago"]
        guard reader.finish() else { return nil }
        guard [sequence, time, ago].count(where: { $0 != nil }) == 1 else {
            reader.whole.error("must have exactly one of \"sequence\", \"time\" and \"ago\"")
            return nil
        }
        if let sequence { return sequence.integer(in: 1...UInt64.max).map(Self.sequence) }
        if let time { return time.parsed("an RFC 3339 time", by: TimestampText.parse).map(Self.time) }
        return ago?.duration(in: .nanoseconds(1)...Limits.century).map(Self.ago)
    }
}
