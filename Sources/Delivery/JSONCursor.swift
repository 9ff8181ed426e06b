/// A place in JSON text. Each `scan…` says whether it found what it is named for, and leaves the position behind it.
struct JSONCursor {
    private(set) var position: UnsafeRawPointer
    private let end: UnsafeRawPointer

    /// Whether a raw CR or LF was among the white space.
    private(set) var sawLineBreak = false

    init(_ bytes: UnsafeRawBufferPointer) {
        // Of nothing, some address: it is never read.
        let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        self.position = start
        self.end = start + bytes.count
    }

    // MARK: Tokens

    /// Skips white space and takes the byte behind it; 0 at the end. A zero byte is valid nowhere in JSON.
    mutating func nextToken() -> UInt8 {
        let byte = self.peekToken()
        if self.position < self.end { self.position += 1 }
        return byte
    }

    /// Skips white space and looks at the byte behind it; 0 at the end.
    mutating func peekToken() -> UInt8 {
        while self.position < self.end {
            let byte = self.position.load(as: UInt8.self)
            if byte > UInt8(ascii: " ") { return byte }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): self.sawLineBreak = true
            default: return byte
            }
            self.position += 1
        }
        return 0
    }

    /// The rest of a literal name: up to four bytes, as a little-endian number.
    private mutating func scan(_ rest: UInt32, count: Int) -> Bool {
        guard self.end - self.position >= count else { return false }
        for index in 0..<count {
            let expected = UInt8(truncatingIfNeeded: rest >> UInt32(truncatingIfNeeded: 8 &* index))
            guard self.position.load(fromByteOffset: index, as: UInt8.self) == expected else { return false }
        }
        self.position += count
        return true
    }

    /// Whether there is nothing but white space left.
    mutating func isAtEnd() -> Bool {
        self.peekToken() == 0 && self.position == self.end
    }

    /// A number, `true`, `false` or `null`, after its first byte.
    mutating func scanPlain(first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "-"):
            guard self.position < self.end else { return false }
            let digit = self.position.load(as: UInt8.self)
            self.position += 1
            return self.scanNumber(first: digit)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return self.scanNumber(first: first)
        case UInt8(ascii: "t"): return self.scan(0x65_75_72, count: 3)  // "rue", last byte first
        case UInt8(ascii: "f"): return self.scan(0x65_73_6c_61, count: 4)  // "alse"
        case UInt8(ascii: "n"): return self.scan(0x6c_6c_75, count: 3)  // "ull"
        default: return false
        }
    }

    // MARK: Numbers

    private mutating func scanNumber(first: UInt8) -> Bool {
        guard first &- UInt8(ascii: "0") <= 9 else { return false }
        if first != UInt8(ascii: "0") { self.skipDigits() }
        if self.position < self.end, self.position.load(as: UInt8.self) == UInt8(ascii: ".") {
            self.position += 1
            guard self.skipDigits() else { return false }
        }
        if self.position < self.end, self.position.load(as: UInt8.self) | 0x20 == UInt8(ascii: "e") {
            self.position += 1
            if self.position < self.end {
                let sign = self.position.load(as: UInt8.self)
                if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { self.position += 1 }
            }
            guard self.skipDigits() else { return false }
        }
        return true
    }

    /// Whether there was at least one.
    @discardableResult
    private mutating func skipDigits() -> Bool {
        let start = self.position
        while self.position < self.end, self.position.load(as: UInt8.self) &- UInt8(ascii: "0") <= 9 { self.position += 1 }
        return self.position > start
    }

    // MARK: Strings

    /// An object's key, after its opening quote, and the colon behind it.
    mutating func scanKey() -> Bool {
        self.scanString() && self.nextToken() == UInt8(ascii: ":")
    }

    /// A string after its opening quote, with the closing one: eight bytes at a time where nothing special stands.
    mutating func scanString() -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while true {
            while self.end - self.position >= 8 {
                let word = UInt64(littleEndian: self.position.loadUnaligned(as: UInt64.self))
                // The high bit of each byte that is a quote, a backslash, below 0x20 or above 0x7F. A borrow can set a bit too
                // many, but only above one that is right, and the lowest is the one that counts.
                let quote = word ^ (ones &* 0x22)
                let backslash = word ^ (ones &* 0x5C)
                let special =
                    (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | (word &- ones &* 0x20) | word) & highs
                if special != 0 {
                    self.position += special.trailingZeroBitCount >> 3
                    break
                }
                self.position += 8
            }
            guard self.position < self.end else { return false }
            let byte = self.position.load(as: UInt8.self)
            self.position += 1
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
        guard self.position < self.end else { return false }
        let byte = self.position.load(as: UInt8.self)
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard self.end - self.position >= 4 else { return false }
            for index in 0..<4 {
                let digit = self.position.load(fromByteOffset: index, as: UInt8.self)
                guard digit &- UInt8(ascii: "0") <= 9 || (digit | 0x20) &- UInt8(ascii: "a") <= 5 else { return false }
            }
            self.position += 4
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
        guard self.end - self.position >= count, second.contains(self.position.load(as: UInt8.self)) else { return false }
        for index in 1..<count where self.position.load(fromByteOffset: index, as: UInt8.self) & 0xC0 != 0x80 { return false }
        self.position += count
        return true
    }
}
