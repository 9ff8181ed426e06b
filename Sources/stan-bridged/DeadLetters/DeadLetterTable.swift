import Delivery

/// How dead letters are shown: a line each, and what they have in common at the end. Pure.
struct DeadLetterTable {
    private var count = 0
    private var bySink: [String: Int] = [:]

    static let heading = Self.row("first tried", "route", "channel", "sequence", "sink", "attempts", "reason")

    mutating func line(for record: DeadLetterRecord) -> String {
        self.count += 1
        self.bySink["\(record.route) → \(record.sink)", default: 0] += 1
        return Self.row(
            String(record.firstAttemptAt.prefix(19)),
            record.route,
            record.channel,
            "\(record.sequence)",
            record.sink,
            "\(record.attempts)",
            Self.shortened(record.reason)
        )
    }

    var summary: String {
        guard self.count > 0 else { return "no dead letters" }
        let sinks = self.bySink.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key): \($0.value)" }
        return "\(self.count) dead letter\(self.count == 1 ? "" : "s") (\(sinks.joined(separator: ", ")))"
    }

    private static func row(_ cells: String...) -> String {
        zip(cells, [19, 12, 16, 10, 12, 8, 0])
            .map { cell, width in cell + String(repeating: " ", count: max(0, width - cell.count)) }
            .joined(separator: "  ")
    }

    private static func shortened(_ reason: String) -> String {
        let line = reason.map { $0.isNewline || $0 == "\t" ? " " : $0 }
        return line.count > 100 ? String(line.prefix(99)) + "…" : String(line)
    }
}
