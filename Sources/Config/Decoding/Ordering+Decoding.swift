extension Configuration.Ordering {
    private enum Word: String, CaseIterable {
        case unordered
        case ordered
    }

    static func decode(_ field: Field) -> Self? {
        switch field.value.content {
        case .string:
            switch field.choice(Word.self) {
            case .unordered: return .unordered
            case .ordered: return .ordered
            case nil: return nil
            }
        case .object:
            guard let reader = field.object() else { return nil }
            let key = reader["key"]
            guard reader.finish() else { return nil }
            guard let key else {
                field.error("must have a \"key\": the JSON pointer of the value to keep order by, such as \"/customer/id\"")
                return nil
            }
            return key.pointer().map(Self.key)
        default:
            let words = Word.allCases.map(\.rawValue).alternatives
            field.error("must be \(words), or {\"key\": POINTER}, not \(field.value.kind)")
            return nil
        }
    }
}
