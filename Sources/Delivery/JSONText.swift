/// Whether bytes are JSON, by the grammar of RFC 8259 and nothing more: read once, in place, without allocating.
///
/// Strict: no byte order mark, no comments, no trailing commas, no leading zeros, valid UTF-8 throughout. What the grammar allows
/// is taken, even where some readers object: repeated keys, numbers of any size, `\u` escapes of lone surrogates.
package enum JSONText {
    /// How deep arrays and objects may be nested. Text nested deeper counts as no JSON.
    package static let maximumDepth = 512

    package enum Verdict: Sendable, Equatable {
        case invalid

        /// One JSON value with nothing but white space around it.
        ///
        /// - Parameter isSingleLine: whether it can stand on a line of its own: it contains no raw CR or LF.
        case valid(isSingleLine: Bool)
    }

    /// Whether `bytes` are one JSON value, with nothing but white space around it.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        self.check(bytes) != .invalid
    }

    /// As `isValid`, and says of valid text whether it is on a single line.
    package static func check(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        // One bit a level: whether it is an object.
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.maximumDepth / 64) { levels in
            guard let levels = levels.baseAddress else { return .invalid }
            var scanner = JSONScanner(bytes, levels: levels)
            return scanner.scanText() ? .valid(isSingleLine: !scanner.sawLineBreak) : .invalid
        }
    }
}

/// Walks over JSON text by its grammar.
private struct JSONScanner {
    private var cursor: JSONCursor

    /// Room for `JSONText.maximumDepth` bits, not initialised: a bit is written when its level is entered.
    private let levels: UnsafeMutablePointer<UInt64>
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer, levels: UnsafeMutablePointer<UInt64>) {
        self.cursor = JSONCursor(bytes)
        self.levels = levels
    }

    var sawLineBreak: Bool { self.cursor.sawLineBreak }

    mutating func scanText() -> Bool {
        value: while true {
            // Here a value must come.
            switch self.cursor.nextToken() {
            case UInt8(ascii: "\""):
                guard self.cursor.scanString() else { return false }
            case UInt8(ascii: "{"):
                switch self.cursor.nextToken() {
                case UInt8(ascii: "}"): break
                case UInt8(ascii: "\""):
                    guard self.enter(object: true), self.cursor.scanKey() else { return false }
                    continue value
                default: return false
                }
            case UInt8(ascii: "["):
                guard self.cursor.peekToken() == UInt8(ascii: "]") else {
                    guard self.enter(object: false) else { return false }
                    continue value
                }
                _ = self.cursor.nextToken()
            case let first:
                guard self.cursor.scanPlain(first: first) else { return false }
            }
            // Here a value has ended: more of what it stands in, or the end of that too.
            while true {
                guard self.depth > 0 else { return self.cursor.isAtEnd() }
                let isObject = self.isInObject
                switch self.cursor.nextToken() {
                case UInt8(ascii: ","):
                    if isObject {
                        guard self.cursor.nextToken() == UInt8(ascii: "\""), self.cursor.scanKey() else { return false }
                    }
                    continue value
                case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                    self.depth -= 1
                default:
                    return false
                }
            }
        }
    }

    // MARK: Levels

    private var isInObject: Bool {
        let level = self.depth - 1
        return self.levels[level >> 6] & (1 << UInt64(truncatingIfNeeded: level & 63)) != 0
    }

    private mutating func enter(object: Bool) -> Bool {
        guard self.depth < JSONText.maximumDepth else { return false }
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: self.depth & 63)
        let word = self.depth >> 6
        let lower = self.depth & 63 == 0 ? 0 : self.levels[word] & ~bit
        self.levels[word] = object ? lower | bit : lower
        self.depth += 1
        return true
    }
}
