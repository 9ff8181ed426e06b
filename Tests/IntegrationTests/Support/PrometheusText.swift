/// The text format of Prometheus, version 0.0.4, as far as it can be checked line by line.
enum PrometheusText {
    /// The lines that are not in the grammar, or whose metric was not announced by `# TYPE` before.
    static func badLines(_ text: String) -> [Substring] {
        let name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
        let value = #"(?:[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Inf)|NaN)"#
        let label = #"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*""#
        guard let comment = try? Regex<Substring>("# HELP \(name) .+|# TYPE \(name) (?:counter|gauge|histogram)"),
            let sample = try? Regex<(Substring, Substring)>("(\(name))(?:\\{\(label)(?:,\(label))*\\})? \(value)")
        else { return ["the expressions are wrong"] }
        var announced: Set<Substring> = []
        guard text.hasSuffix("\n") else { return ["no newline at the end"] }
        return text.split(separator: "\n").filter { line in
            if line.hasPrefix("# TYPE ") { announced.insert(line.split(separator: " ")[2]) }
            if line.hasPrefix("#") { return line.wholeMatch(of: comment) == nil }
            guard let match = line.wholeMatch(of: sample) else { return true }
            // The samples of a histogram have names of their own.
            let name = match.output.1
            let family = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) }
            return !announced.contains(name) && family.map { !announced.contains($0) } != false
        }
    }
}
