/// `retry_on` and `reject_on`: which answers are taken in another way than usual. What one list says of a status beats what the
/// other says of its class.
struct HTTPStatusLists {
    let retry: Set<Int>
    let reject: Set<Int>

    private enum Entry: Hashable {
        case status(Int)
        /// All statuses of a hundred: 3, 4 or 5.
        case hundred(Int)

        var statuses: Set<Int> {
            switch self {
            case .status(let status): [status]
            case .hundred(let hundred): Set(hundred * 100..<(hundred + 1) * 100)
            }
        }

        var isStatus: Bool {
            if case .status = self { true } else { false }
        }
    }

    private static let all = 300...599
    private static let classes = ["3xx": 3, "4xx": 4, "5xx": 5]
    private static let wanted =
        "must be a status from \(all.lowerBound) to \(all.upperBound), or \(classes.keys.sorted().alternatives)"

    init(retry retryField: Field?, reject rejectField: Field?) {
        let retry = retryField.map(Self.entries) ?? [:]
        let reject = rejectField.map(Self.entries) ?? [:]
        for (entry, field) in reject where retry[entry] != nil {
            field.error("is in \"retry_on\" too (keep one of the two)")
        }
        func statuses(_ own: some Sequence<Entry>, except other: some Sequence<Entry>) -> Set<Int> {
            let numbers = Set(own.filter(\.isStatus).flatMap(\.statuses))
            let others = Set(other.filter(\.isStatus).flatMap(\.statuses))
            return Set(own.flatMap(\.statuses)).subtracting(others).union(numbers)
        }
        self.retry = statuses(retry.keys, except: reject.keys)
        self.reject = statuses(reject.keys, except: retry.keys)
    }

    private static func entries(_ field: Field) -> [Entry: Field] {
        var entries: [Entry: Field] = [:]
        for element in field.array() ?? [] {
            guard let entry = Self.entry(element) else { continue }
            if entries.updateValue(element, forKey: entry) != nil { element.error("is there a second time (remove it)") }
        }
        return entries
    }

    private static func entry(_ field: Field) -> Entry? {
        switch field.value.content {
        case .number(let text):
            if let status = Int(text), Self.all.contains(status) { return .status(status) }
            field.error("\(Self.wanted), not \(Quoted.harmless(text))")
        case .string(let text):
            if let hundred = Self.classes[text] { return .hundred(hundred) }
            let hint: String
            if let status = Int(text), Self.all.contains(status) {
                hint = " (a status is written without quotes)"
            } else if let meant = Suggestion.closest(to: text, among: Self.classes.keys.sorted()) {
                hint = " (did you mean \"\(meant)\"?)"
            } else {
                hint = ""
            }
            field.error("\(Self.wanted), not \(Quoted(text))\(hint)")
        default:
            field.error("\(Self.wanted), not \(field.value.kind)")
        }
        return nil
    }
}
