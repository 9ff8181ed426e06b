extension Configuration.Condition {
    /// How deep conditions may stand in one another.
    private static let maximumDepth = 16

    /// How many there may be for a route: each message is asked them all.
    private static let maximumConditions = 100

    private static let maximumValues = 1000

    private static let wanted =
        "must have a \"pointer\" and one of \"equals\", \"in\", \"matches\" and \"exists\", or one of \"all\", \"any\" and \"not\""

    static func decode(_ field: Field) -> Self? {
        var count = 0
        return Self.decode(field, depth: 1, count: &count)
    }

    private static func decode(_ field: Field, depth: Int, count: inout Int) -> Self? {
        count += 1
        guard depth <= Self.maximumDepth else {
            field.error("stands in more than \(Self.maximumDepth - 1) other conditions")
            return nil
        }
        guard count <= Self.maximumConditions else {
            if count == Self.maximumConditions + 1 {
                field.error("is more than the \(Self.maximumConditions)th condition of the route")
            }
            return nil
        }
        guard let reader = field.object() else { return nil }
        let pointer = reader["pointer"]
        let tests = ["equals", "in", "matches", "exists"].compactMap { key in reader[key].map { (key, $0) } }
        let groups = ["all", "any", "not"].compactMap { key in reader[key].map { (key, $0) } }
        // A misspelt key was reported; that something is missing is no second error.
        guard reader.finish() else { return nil }

        if let pointer, groups.isEmpty {
            guard let (key, test) = tests.first, tests.count == 1 else {
                field.error(
                    "must have exactly one of \"equals\", \"in\", \"matches\" and \"exists\" beside \"pointer\" "
                        + "(write several conditions as {\"all\": [...]})"
                )
                return nil
            }
            let place = pointer.pointer()
            guard let test = Self.test(key, test), let place else { return nil }
            return .value(place, test)
        }
        guard let (key, group) = groups.first, groups.count == 1, pointer == nil, tests.isEmpty else {
            field.error(Self.wanted)
            return nil
        }
        if key == "not" { return Self.decode(group, depth: depth + 1, count: &count).map(Self.not) }
        guard let elements = group.array() else { return nil }
        if elements.isEmpty { group.error("must have at least one condition") }
        let conditions = elements.compactMap { Self.decode($0, depth: depth + 1, count: &count) }
        guard !elements.isEmpty, conditions.count == elements.count else { return nil }
        return key == "all" ? .all(conditions) : .any(conditions)
    }

    private static func test(_ key: String, _ field: Field) -> Test? {
        switch key {
        case "equals": return Self.scalar(field).map(Test.equals)
        case "matches": return field.pattern().map(Test.matches)
        case "exists": return field.boolean().map(Test.exists)
        default:
            guard let elements = field.array() else { return nil }
            guard (1...Self.maximumValues).contains(elements.count) else {
                field.error("must have from 1 to \(Self.maximumValues) values, not \(elements.count)")
                return nil
            }
            let values = elements.compactMap(Self.scalar)
            var seen: Set<Scalar> = []
            return values.count == elements.count ? .oneOf(values.filter { seen.insert($0).inserted }) : nil
        }
    }

    private static func scalar(_ field: Field) -> Scalar? {
        switch field.value.content {
        case .string(let text): return .string(text)
        case .number(let text): return .number(text)
        case .bool(let value): return .bool(value)
        case .null: return .null
        case .array, .object:
            field.error("must be a string, a number, true, false or null, not \(field.value.kind) (only those are compared)")
            return nil
        }
    }
}
