/// A pattern as a tree.
indirect enum PatternNode {
    case characters(CharacterRanges)
    case start
    case end
    /// One after the other; none is the empty text.
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// - Parameter most: nil is without end.
    case repeated(PatternNode, least: Int, most: Int?)
}

/// A set of code points.
struct CharacterRanges: Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []
    var isInverted = false

    static let any = CharacterRanges(isInverted: true)

    init(isInverted: Bool = false) {
        self.isInverted = isInverted
    }

    init(_ character: Unicode.Scalar) {
        self.insert(character, character)
    }

    mutating func insert(_ first: Unicode.Scalar, _ last: Unicode.Scalar) {
        self.ranges.append(first.value...max(first.value, last.value))
    }

    func contains(_ code: UInt32) -> Bool {
        for range in self.ranges where range.contains(code) { return !self.isInverted }
        return self.isInverted
    }
}
