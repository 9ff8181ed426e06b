/// The way from the top of a config file to one value, printed as `routes[1].retry.initial`.
struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    let description: String

    static let root = FieldPath(description: "")

    func key(_ key: String) -> FieldPath {
        let plain = !key.isEmpty && key.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_$".utf8.contains($0) }
        if !plain { return FieldPath(description: "\(self.description)[\(Quoted(key))]") }
        return FieldPath(description: self.description.isEmpty ? key : "\(self.description).\(key)")
    }

    func index(_ index: Int) -> FieldPath {
        FieldPath(description: "\(self.description)[\(index)]")
    }
}
