/// What stands in a `.creds` file, or in one that has only a seed: a user's JWT, the seed that belongs to it, or one of them.
///
/// Such a file is free text with blocks between lines of dashes. Tools write it with different numbers of dashes, and people put
/// notes round it, so it is read by its shape: a line that begins and ends with at least three dashes is a marker, what has two dots
/// is the JWT, what has none is the seed. Without any marker, lines are known by how they begin.
package struct CredentialsFile: ~Copyable {
    package let jwt: UserJWT?
    package let seed: NKeySeed?

    /// Reads the text of a file. Pure.
    package init<Text: BidirectionalCollection<UInt8>>(parsing text: Text) throws(CredentialsFileError) {
        var parser = Parser<Text.SubSequence>()
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            try parser.take(line)
        }
        let jwt = parser.jwt ?? (parser.hasMarkers ? nil : parser.looseJWT)
        let seed = parser.seed ?? (parser.hasMarkers ? nil : parser.looseSeed)
        guard jwt != nil || seed != nil else { throw .empty }
        self.init(jwt: try Self.jwt(jwt), seed: try Self.seed(seed))
    }

    private init(jwt: UserJWT?, seed: consuming NKeySeed?) {
        self.jwt = jwt
        self.seed = seed
    }

    private static func jwt(_ text: (some Collection<UInt8>)?) throws(CredentialsFileError) -> UserJWT? {
        guard let text else { return nil }
        guard let jwt = UserJWT(String(decoding: text, as: UTF8.self)) else { throw .badJWT }
        return jwt
    }

    private static func seed(_ text: (some Collection<UInt8>)?) throws(CredentialsFileError) -> NKeySeed? {
        guard let text else { return nil }
        do throws(NKeyError) {
            return try NKeySeed(text)
        } catch {
            throw .badSeed(error)
        }
    }

    /// Goes through the lines, and keeps where things are without copying them.
    private struct Parser<Line: BidirectionalCollection<UInt8>> where Line.SubSequence == Line {
        private enum Place {
            case outside
            /// Behind a line that begins a block, with what stood in it.
            case inside(Line?)
        }

        private var place = Place.outside
        private var number = 0
        private(set) var hasMarkers = false
        private(set) var jwt: Line?
        private(set) var seed: Line?
        private(set) var looseJWT: Line?
        private(set) var looseSeed: Line?

        mutating func take(_ raw: Line) throws(CredentialsFileError) {
            self.number += 1
            let line = Self.trimmed(raw)
            guard !line.isEmpty else { return }
            if Self.isMarker(line) {
                self.hasMarkers = true
                return self.passMarker(line)
            }
            switch self.place {
            case .outside:
                if self.looseJWT == nil, line.count(where: { $0 == UInt8(ascii: ".") }) == 2 { self.looseJWT = line }
                if self.looseSeed == nil, ["SU", "SA", "SO"].contains(where: { line.starts(with: $0.utf8) }) {
                    self.looseSeed = line
                }
            case .inside(nil) where line.allSatisfy(CredentialsFile.isTokenCharacter):
                self.place = .inside(line)
                // Kept at once: the end of the file ends a block too.
                if line.contains(UInt8(ascii: ".")) {
                    if self.jwt == nil { self.jwt = line }
                } else if self.seed == nil {
                    self.seed = line
                }
            case .inside:
                throw .malformedBlock(line: self.number)
            }
        }

        private mutating func passMarker(_ line: Line) {
            if Self.contains(line, "BEGIN") {
                self.place = .inside(nil)
            } else if Self.contains(line, "END") {
                self.place = .outside
            } else if case .inside = self.place {
                self.place = .outside
            } else {
                self.place = .inside(nil)
            }
        }

        private static func trimmed(_ line: Line) -> Line {
            let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
            var line = line.drop(while: isBlank)
            while let last = line.last, isBlank(last) { line = line.dropLast() }
            return line
        }

        private static func isMarker(_ line: Line) -> Bool {
            line.prefix(3).elementsEqual("---".utf8) && line.suffix(3).elementsEqual("---".utf8)
        }

        private static func contains(_ line: Line, _ word: String) -> Bool {
            var rest = line[...]
            while !rest.isEmpty {
                if rest.starts(with: word.utf8) { return true }
                rest = rest.dropFirst()
            }
            return false
        }
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
