/// Reads a JSON text (RFC 8259, and nothing beside it) into values that know their places.
///
/// Stricter than most: no key twice in one object, no invalid UTF-8, no lone surrogates. Every limit is checked before
/// memory is spent, so that no input crashes the scanner or makes it slow.
struct JSONScanner {
    /// The largest text in bytes: 16 MiB.
    static let maximumSize = 16 << 20

    /// How deep lists and objects may be nested.
    static let maximumDepth = 128

    /// How many values a text may have: a small text of very many values would grow by a factor of fifty in memory.
    static let maximumValues = 200_000

    /// What is taken for a value in other languages, or is nearly one here.
    private static let nearWords: Set<String> = [
        "true", "false", "null", "nul", "none", "nil", "undefined", "nan", "infinity", "yes", "no", "on", "off",
    ]

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    /// Where the line started. Moves along by one for each byte that continues a character, so that columns count characters.
    private var lineStart = 0
    private var depth = 0
    private var values = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the one value of a text.
    static func scan(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var scanner = JSONScanner(bytes)
        if bytes.count > Self.maximumSize {
            throw scanner.error("the file is larger than 16 MiB")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw scanner.error("the file starts with a byte order mark (save it as UTF-8 without one)")
        }
        scanner.skipWhitespace()
        let value = try scanner.value()
        scanner.skipWhitespace()
        if scanner.index < bytes.count {
            throw scanner.unexpected("the end of the file")
        }
        return value
    }
}

// MARK: - Values

extension JSONScanner {
    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        let place = self.place
        self.values += 1
        if self.values > Self.maximumValues {
            throw self.error("the file has more than \(Self.maximumValues) values")
        }
        let content: JSONValue.Content
        switch self.next ?? 0 {
        case UInt8(ascii: "{"):
            content = .object(try self.object())
        case UInt8(ascii: "["):
            content = .array(try self.array())
        case UInt8(ascii: "\""):
            content = .string(try self.string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            content = .number(try self.number())
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            content = try self.word()
        default:
            throw self.unexpected("a value")
        }
        return JSONValue(content: content, place: place)
    }

    private mutating func object() throws(JSONSyntaxError) -> [JSONMember] {
        try self.enter()
        var members: [JSONMember] = []
        var places: [String: SourcePlace] = [:]
        if self.left(by: "}") { return members }
        while true {
            let place = self.place
            guard self.next == UInt8(ascii: "\"") else {
                throw self.unexpected(members.isEmpty ? "a key in double quotes or '}'" : "a key in double quotes")
            }
            let key = try self.string()
            if let first = places.updateValue(place, forKey: key) {
                throw JSONSyntaxError(
                    place: place,
                    message: "the key \(Quoted(key)) appears twice in one object (first in line \(first.line))"
                )
            }
            self.skipWhitespace()
            guard self.skip(":") else { throw self.unexpected("':' after a key") }
            members.append(JSONMember(key: key, place: place, value: try self.value()))
            if try self.ended(with: "}") { return members }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        try self.enter()
        var elements: [JSONValue] = []
        if self.left(by: "]") { return elements }
        while true {
            elements.append(try self.value())
            if try self.ended(with: "]") { return elements }
        }
    }

    /// Takes the opening bracket.
    private mutating func enter() throws(JSONSyntaxError) {
        guard self.depth < Self.maximumDepth else {
            throw self.error("lists and objects are nested deeper than \(Self.maximumDepth) levels")
        }
        self.depth += 1
        self.index += 1
        self.skipWhitespace()
    }

    /// Takes the closing bracket if it is next.
    private mutating func left(by bracket: Unicode.Scalar) -> Bool {
        guard self.skip(bracket) else { return false }
        self.depth -= 1
        return true
    }

    /// After an element: takes the closing bracket and says true, or a comma with another element behind it and says false.
    private mutating func ended(with bracket: Unicode.Scalar) throws(JSONSyntaxError) -> Bool {
        self.skipWhitespace()
        if self.left(by: bracket) { return true }
        let comma = self.place
        guard self.skip(",") else { throw self.unexpected("',' or '\(bracket)'") }
        if self.next == UInt8(ascii: bracket) {
            throw JSONSyntaxError(place: comma, message: "a comma before '\(bracket)' (remove it)")
        }
        return false
    }

    private mutating func word() throws(JSONSyntaxError) -> JSONValue.Content {
        let start = self.index
        let place = self.place
        while let byte = self.next, byte.isASCIILetterOrDigit || byte == UInt8(ascii: "_") {
            self.index += 1
        }
        let word = String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default:
            // Any other word may be a password that somebody forgot to quote.
            let found = Self.nearWords.contains(word.lowercased()) ? Quoted(word).description : "a word"
            let message = "expected a value, found \(found) (text is written in double quotes; also: true, false, null)"
            throw JSONSyntaxError(place: place, message: message)
        }
    }
}

// MARK: - Numbers

extension JSONScanner {
    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = self.index
        if self.next == UInt8(ascii: "-") { self.index += 1 }
        if self.next == UInt8(ascii: "0") {
            self.index += 1
            if self.nextIsDigit { throw self.error("a number must not start with 0") }
        } else {
            try self.digits()
        }
        if self.next == UInt8(ascii: ".") {
            self.index += 1
            try self.digits()
        }
        if self.next == UInt8(ascii: "e") || self.next == UInt8(ascii: "E") {
            self.index += 1
            if self.next == UInt8(ascii: "+") || self.next == UInt8(ascii: "-") { self.index += 1 }
            try self.digits()
        }
        return String(decoding: self.bytes[start..<self.index], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        guard self.nextIsDigit else { throw self.unexpected("a digit") }
        while self.nextIsDigit { self.index += 1 }
    }

    private var nextIsDigit: Bool {
        self.next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }
}

// MARK: - Strings

extension JSONScanner {
    private mutating func string() throws(JSONSyntaxError) -> String {
        let opening = self.place
        self.index += 1
        var text: [UInt8] = []
        while let byte = self.next {
            switch byte {
            case UInt8(ascii: "\""):
                self.index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try self.escape(into: &text)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                let message = "the string does not end on its line (a '\"' is missing, or write \\n)"
                throw JSONSyntaxError(place: opening, message: message)
            case 0..<0x20:
                throw self.error("a control character (\(Hexadecimal(byte))) in a string (write it as an escape such as \\t)")
            case 0x80...:
                guard let length = UTF8Sequence.length(in: self.bytes, at: self.index) else {
                    throw self.error("invalid UTF-8 (byte \(Hexadecimal(byte))) in a string")
                }
                text += self.bytes[self.index..<(self.index + length)]
                self.index += length
                self.lineStart += length - 1
            default:
                text.append(byte)
                self.index += 1
            }
        }
        throw JSONSyntaxError(place: opening, message: "the string does not end (a '\"' is missing)")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        let place = self.place
        self.index += 1
        let letter = self.next
        if letter != nil { self.index += 1 }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            text.append(letter ?? 0)
        case UInt8(ascii: "b"):
            text.append(0x08)
        case UInt8(ascii: "f"):
            text.append(0x0C)
        case UInt8(ascii: "n"):
            text.append(0x0A)
        case UInt8(ascii: "r"):
            text.append(0x0D)
        case UInt8(ascii: "t"):
            text.append(0x09)
        case UInt8(ascii: "u"):
            text += Array(String(try self.unicodeEscape(at: place)).utf8)
        default:
            throw JSONSyntaxError(
                place: place,
                message: "an unknown escape in a string (allowed: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX)"
            )
        }
    }

    /// What follows `\u`; of a surrogate pair, both halves.
    private mutating func unicodeEscape(at place: SourcePlace) throws(JSONSyntaxError) -> Character {
        var code = try self.fourHexDigits(at: place)
        if (0xD800...0xDBFF).contains(code), self.skip("\\"), self.skip("u") {
            let low = try self.fourHexDigits(at: place)
            if (0xDC00...0xDFFF).contains(low) {
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw JSONSyntaxError(place: place, message: "half of a surrogate pair in a string (write both \\u escapes)")
        }
        return Character(scalar)
    }

    private mutating func fourHexDigits(at place: SourcePlace) throws(JSONSyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = self.next?.hexDigitValue else {
                throw JSONSyntaxError(place: place, message: "\\u in a string needs four hexadecimal digits")
            }
            code = code << 4 + UInt32(digit)
            self.index += 1
        }
        return code
    }
}

// MARK: - Bytes and places

extension JSONScanner {
    private var next: UInt8? {
        self.index < self.bytes.count ? self.bytes[self.index] : nil
    }

    private var place: SourcePlace {
        SourcePlace(line: self.line, column: self.index - self.lineStart + 1)
    }

    /// Takes `character`, and the white space behind it where it is punctuation, if it is next.
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard self.next == UInt8(ascii: character) else { return false }
        self.index += 1
        if character == ":" || character == "," { self.skipWhitespace() }
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = self.next {
            switch byte {
            case UInt8(ascii: "\n"):
                self.index += 1
                self.line += 1
                self.lineStart = self.index
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                self.index += 1
            default:
                return
            }
        }
    }

    private func error(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(place: self.place, message: message)
    }

    private func unexpected(_ expected: String) -> JSONSyntaxError {
        guard let byte = self.next else { return self.error("expected \(expected), found the end of the file") }
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "/"):
            return self.error("expected \(expected), found '\(Unicode.Scalar(byte))' (JSON has no comments)")
        case UInt8(ascii: "'"):
            return self.error("expected \(expected), found a single quote (text is written in double quotes)")
        case 0x21..<0x7F:
            return self.error("expected \(expected), found '\(Unicode.Scalar(byte))'")
        case 0x80...:
            if let length = UTF8Sequence.length(in: self.bytes, at: self.index) {
                let character = String(decoding: self.bytes[self.index..<(self.index + length)], as: UTF8.self)
                return self.error("expected \(expected), found '\(Quoted.harmless(character))'")
            }
            return self.error("expected \(expected), found the byte \(Hexadecimal(byte))")
        default:
            return self.error("expected \(expected), found the byte \(Hexadecimal(byte))")
        }
    }
}
