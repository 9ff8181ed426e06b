/// A number of bytes, written as `"512B"`, `"64KiB"`, `"256MiB"`, `"4GiB"`.
struct ByteSize: Sendable, Hashable, CustomStringConvertible {
    let bytes: Int

    private static let units: [(name: String, bytes: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    init(parsing text: String) throws(TextProblem) {
        let digits = text.utf8.prefix { $0.isASCIIDigit }
        guard !digits.isEmpty, let unit = Self.units.first(where: { text.hasSuffix($0.name) }),
            digits.count + unit.name.utf8.count == text.utf8.count
        else {
            throw TextProblem("must be a size such as \"64KiB\" or \"256MiB\", not \(Quoted(text)) (units: B, KiB, MiB, GiB)")
        }
        let product = Int(String(digits) ?? "")?.multipliedReportingOverflow(by: unit.bytes)
        guard let product, !product.overflow else { throw TextProblem("is larger than can be counted") }
        self.bytes = product.partialValue
    }

    /// The size in the largest unit that leaves no fraction.
    var description: String {
        let unit = Self.units.first { self.bytes >= $0.bytes && self.bytes % $0.bytes == 0 } ?? ("B", 1)
        return "\(self.bytes / unit.bytes)\(unit.name)"
    }
}
