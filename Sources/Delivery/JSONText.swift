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
        guard let start = bytes.baseAddress else { return .invalid }
        // One bit a level: whether it is an object.
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.maximumDepth / 64) { levels in
            guard let levels = levels.baseAddress else { return .invalid }
            var scanner = JSONScanner(start: start, end: start + bytes.count, levels: levels)
            return scanner.scanText() ? .valid(isSingleLine: !scanner.sawLineBreak) : .invalid
        }
    }
}

/// Walks over JSON text. Each `scan…` says whether it found what it is named for, and leaves the cursor behind it.
private struct JSONScanner {
    private var cursor: UnsafeRawPointer
    private let end: UnsafeRawPointer

    /// Room for `JSONText.maximumDepth` bits, not initialised: a bit is written when its level is entered.
    private let levels: UnsafeMutablePointer<UInt64>
    private var depth = 0
    private(set) var sawLineBreak = false

    init(start: UnsafeRawPointer, end: UnsafeRawPointer, levels: UnsafeMutablePointer<UInt64>) {
        self.cursor = start
        self.end = end
        self.levels = levels
    }

    mutating func scanText() -> Bool {
        value: while true {
            // Here a value must come.
            switch self.nextToken() {
            case UInt8(ascii: "\""):
                guard self.scanString() else { return false }
            case UInt8(ascii: "{"):
                switch self.nextToken() {
                case UInt8(ascii: "}"): break
                case UInt8(ascii: "\""):
                    guard self.enter(object: true), self.scanKey() else { return false }
                    continue value
                default: return false
                }
            case UInt8(ascii: "["):
                guard self.peekToken() == UInt8(ascii: "]") else {
                    guard self.enter(object: false) else { return false }
                    continue value
                }
                self.cursor += 1
            case UInt8(ascii: "-"):
                guard self.cursor < self.end else { return false }
                let first = self.cursor.load(as: UInt8.self)
                self.cursor += 1
                guard self.scanNumber(first: first) else { return false }
            case let digit where digit &- UInt8(ascii: "0") <= 9:
                guard self.scanNumber(first: digit) else { return false }
            case UInt8(ascii: "t"):
                guard self.scan(0x65_75_72, count: 3) else { return false }  // "rue", last byte first
            case UInt8(ascii: "f"):
                guard self.scan(0x65_73_6c_61, count: 4) else { return false }  // "alse"
            case UInt8(ascii: "n"):
                guard self.scan(0x6c_6c_75, count: 3) else { return false }  // "ull"
            default:
                return false
            }
            // Here a value has ended: more of what it stands in, or the end of that too.
            while true {
                guard self.depth > 0 else { return self.peekToken() == 0 && self.cursor == self.end }
                let isObject = self.isInObject
                switch self.nextToken() {
                case UInt8(ascii: ","):
                    if isObject {
                        guard self.nextToken() == UInt8(ascii: "\""), self.scanKey() else { return false }
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

    // MARK: Tokens

    /// Skips white space and takes the byte behind it; 0 at the end. A zero byte is valid nowhere in JSON.
    private mutating func nextToken() -> UInt8 {
        let byte = self.peekToken()
        if self.cursor < self.end { self.cursor += 1 }
        return byte
    }

    /// Skips white space and looks at the byte behind it; 0 at the end.
    private mutating func peekToken() -> UInt8 {
        while self.cursor < self.end {
            let byte = self.cursor.load(as: UInt8.self)
            if byte > UInt8(ascii: " ") { return byte }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): self.sawLineBreak = true
            default: return byte
            }
            self.cursor += 1
        }
        return 0
    }

    /// The rest of a literal name: up to four bytes, as a little-endian number.
    private mutating func scan(_ rest: UInt32, count: Int) -> Bool {
        guard self.end - self.cursor >= count else { return false }
        for index in 0..<count {
            let expected = UInt8(truncatingIfNeeded: rest >> UInt32(truncatingIfNeeded: 8 &* index))
            guard self.cursor.load(fromByteOffset: index, as: UInt8.self) == expected else { return false }
        }
        self.cursor += count
        return true
    }

    // MARK: Numbers

    private mutating func scanNumber(first: UInt8) -> Bool {
        guard first &- UInt8(ascii: "0") <= 9 else { return false }
        if first != UInt8(ascii: "0") { self.skipDigits() }
        if self.cursor < self.end, self.cursor.load(as: UInt8.self) == UInt8(ascii: ".") {
            self.cursor += 1
            guard self.skipDigits() else { return false }
        }
        if self.cursor < self.end, self.cursor.load(as: UInt8.self) | 0x20 == UInt8(ascii: "e") {
            self.cursor += 1
            if self.cursor < self.end {
                let sign = self.cursor.load(as: UInt8.self)
                if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { self.cursor += 1 }
            }
            guard self.skipDigits() else { return false }
        }
        return true
    }

    /// Whether there was at least one.
    @discardableResult
    private mutating func skipDigits() -> Bool {
        let start = self.cursor
        while self.cursor < self.end, self.cursor.load(as: UInt8.self) &- UInt8(ascii: "0") <= 9 { self.cursor += 1 }
        return self.cursor > start
    }

    // MARK: Strings

    /// An object's key, after its opening quote, and the colon behind it.
    private mutating func scanKey() -> Bool {
        self.scanString() && self.nextToken() == UInt8(ascii: ":")
    }

    /// A string after its opening quote, with the closing one: eight bytes at a time where nothing special stands.
    private mutating func scanString() -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while true {
            while self.end - self.cursor >= 8 {
                let word = UInt64(littleEndian: self.cursor.loadUnaligned(as: UInt64.self))
                // The high bit of each byte that is a quote, a backslash, below 0x20 or above 0x7F. A borrow can set a bit too
                // many, but only above one that is right, and the lowest is the one that counts.
                let quote = word ^ (ones &* 0x22)
                let backslash = word ^ (ones &* 0x5C)
                let special =
                    (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | (word &- ones &* 0x20) | word) & highs
                if special != 0 {
                    self.cursor += special.trailingZeroBitCount >> 3
                    break
                }
                self.cursor += 8
            }
            guard self.cursor < self.end else { return false }
            let byte = self.cursor.load(as: UInt8.self)
            self.cursor += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard self.scanEscape() else { return false }
            case 0x20..<0x80: break
            case 0x80...: guard self.scanMultibyteScalar(first: byte) else { return false }
            default: return false
            }
        }
    }

    /// An escape after its backslash.
    private mutating func scanEscape() -> Bool {
        guard self.cursor < self.end else { return false }
        let byte = self.cursor.load(as: UInt8.self)
        self.cursor += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard self.end - self.cursor >= 4 else { return false }
            for index in 0..<4 {
                let digit = self.cursor.load(fromByteOffset: index, as: UInt8.self)
                guard digit &- UInt8(ascii: "0") <= 9 || (digit | 0x20) &- UInt8(ascii: "a") <= 5 else { return false }
            }
            self.cursor += 4
            return true
        default:
            return false
        }
    }

    /// The rest of a UTF-8 sequence (RFC 3629: shortest form, no surrogates, up to U+10FFFF).
    private mutating func scanMultibyteScalar(first: UInt8) -> Bool {
        let count: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: count = 1
        case 0xE0: (count, second) = (2, 0xA0...0xBF)
        case 0xED: (count, second) = (2, 0x80...0x9F)
        case 0xE1...0xEF: count = 2
        case 0xF0: (count, second) = (3, 0x90...0xBF)
        case 0xF1...0xF3: count = 3
        case 0xF4: (count, second) = (3, 0x80...0x8F)
        default: return false
        }
        guard self.end - self.cursor >= count, second.contains(self.cursor.load(as: UInt8.self)) else { return false }
        for index in 1..<count where self.cursor.load(fromByteOffset: index, as: UInt8.self) & 0xC0 != 0x80 { return false }
        self.cursor += count
        return true
    }
}
