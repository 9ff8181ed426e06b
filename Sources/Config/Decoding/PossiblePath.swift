/// A path as far as it is known before the first message: characters, and digits that the time decides.
struct PossiblePath: Hashable {
    /// What each byte of it can be. Without `//` and `/./`; does not follow `..`: where that leads, only the disk knows.
    private let characters: [ClosedRange<UInt8>]

    /// - Parameter name: what is filled in for a place.
    init(_ template: PathTemplate, name: (PathTemplate.Placeholder) -> String) {
        var characters: [ClosedRange<UInt8>] = []
        for piece in template.pieces {
            switch piece {
            case .text(let text): characters += text.utf8.map { $0...$0 }
            case .placeholder(let placeholder):
                // A slash in a name does not stay one.
                characters += name(placeholder).utf8.map { $0 == UInt8(ascii: "/") ? 0...0 : $0...$0 }
            case .time(let conversion): characters += conversion.characters
            }
        }
        let slash = UInt8(ascii: "/")...UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")...UInt8(ascii: ".")
        let parts = characters.split(separator: slash).filter { $0 != [dot] }
        self.characters = (characters.first == slash ? [slash] : []) + Array(parts.joined(separator: [slash]))
    }

    /// The same with each digit as one and the same: paths without the same shape are never the same.
    var shape: [UInt8] {
        self.characters.map { $0.lowerBound.isASCIIDigit ? UInt8(ascii: "0") : $0.lowerBound }
    }

    /// Whether there are times at which both are the same path.
    func canBe(_ other: PossiblePath) -> Bool {
        self.characters.elementsEqual(other.characters) { $0.overlaps($1) }
    }
}
