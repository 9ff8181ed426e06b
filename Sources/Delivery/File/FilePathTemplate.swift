import Notation

/// Where a file sink writes: a path in which `{channel}`, `{route}` and `{client_id}` stand for what a message comes from, and
/// conversions such as `%Y-%m-%d` for the time at which the server stored it, in UTC. `%%` is a percent sign.
///
/// What is put in for a placeholder is a file's name and nothing else, and two different values never give the same name:
///
/// - ASCII letters, digits, `-`, `_` and `.` stay; every other byte becomes `%` and two upper-case hex digits. So do a `.` at the
///   beginning and a `.` after a `.`: no value can be `.` or `..`, or hide the file.
/// - An empty value becomes a lone `%`.
/// - A part of the path longer than 200 bytes is cut into pieces of at most 200, all but the last with a `%` at their end; all but
///   the last become directories. So is a long one that ends with a `%` by itself. (File systems allow 255 bytes a name; the rest is for the names of files beside it.)
package struct FilePathTemplate: Sendable, Equatable, CustomStringConvertible {
    private enum Piece: Equatable {
        case literal(String)
        case channel
        case route
        case clientID
        case time(TimeConversion)
    }

    /// As it was given.
    package let description: String

    /// For how many seconds the path of a route stays the same, counted from the epoch: two times with the same
    /// `floor(time / period)` give the same path. Nil where it never changes.
    package let period: Int64?

    private let pieces: [Piece]

    /// - Throws: when the text names no file, or has a placeholder or a conversion in it that does not exist.
    package init(_ text: String) throws(SinkError) {
        guard !text.isEmpty, text.utf8.last != UInt8(ascii: "/") else {
            throw SinkError("\(text.isEmpty ? "the path" : text): names no file (a path must end with a file's name)")
        }
        guard !text.utf8.contains(0) else {
            throw SinkError("the path has a NUL character in it")
        }
        self.description = text
        self.pieces = try Self.pieces(of: text)
        self.period = self.pieces.compactMap { if case .time(let conversion) = $0 { conversion.period } else { nil } }.min()
    }

    private static func pieces(of text: String) throws(SinkError) -> [Piece] {
        var pieces: [Piece] = []
        var literal = String.UnicodeScalarView()
        func append(_ piece: Piece) {
            if !literal.isEmpty { pieces.append(.literal(String(literal))) }
            literal.removeAll()
            pieces.append(piece)
        }
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw Self.halfBrace(scalar, in: text) }
                append(try Self.placeholder(String(rest[..<end]), in: text))
                rest = rest[rest.index(after: end)...]
            case "}":
                throw Self.halfBrace(scalar, in: text)
            case "%":
                let letter = rest.popFirst()
                if letter == "%" {
                    literal.append("%")
                } else {
                    append(.time(try Self.conversion(letter, in: text)))
                }
            default:
                literal.append(scalar)
            }
        }
        if !literal.isEmpty { pieces.append(.literal(String(literal))) }
        return pieces
    }

    private static func placeholder(_ name: String, in text: String) throws(SinkError) -> Piece {
        switch name {
        case "channel": .channel
        case "route": .route
        case "client_id": .clientID
        default: throw SinkError("\(text): there is no placeholder {\(name)} (there are {channel}, {route} and {client_id})")
        }
    }

    private static func conversion(_ letter: Unicode.Scalar?, in text: String) throws(SinkError) -> TimeConversion {
        if let letter, let conversion = TimeConversion(rawValue: Character(letter)) { return conversion }
        let known = TimeConversion.allCases.map(\.text).joined(separator: " ")
        let problem = letter.map { "there is no conversion %\($0)" } ?? "a % at the end that converts nothing"
        throw SinkError("\(text): \(problem) (there are \(known), and %% for a percent sign)")
    }

    private static func halfBrace(_ brace: Unicode.Scalar, in text: String) -> SinkError {
        SinkError("\(text): a \(brace) without its other half (placeholders look like {channel})")
    }

    /// The one path that all messages go to, where nothing in the template is to be filled in.
    package var fixedPath: String? {
        guard self.pieces.count == 1, case .literal(let path) = self.pieces[0] else { return nil }
        return path
    }

    /// The directory that every path lies in, whatever is filled in; without a `/` at its end.
    package var fixedDirectory: String {
        guard case .literal(let literal) = self.pieces[0], let slash = literal.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return "."
        }
        return slash == literal.startIndex ? "/" : String(literal[..<slash])
    }

    /// The path for a message of a route.
    ///
    /// - Parameter timestamp: the message's: nanoseconds since the Unix epoch.
    package func path(for context: RouteContext, at timestamp: Int64) -> String {
        var path: [UInt8] = []
        let time = self.period == nil ? nil : CivilTime(nanoseconds: timestamp)
        for piece in self.pieces {
            switch piece {
            case .literal(let text): path.append(contentsOf: text.utf8)
            case .channel: Self.append(name: context.channel, to: &path)
            case .route: Self.append(name: context.route, to: &path)
            case .clientID: Self.append(name: context.clientID, to: &path)
            case .time(let conversion): time.map { conversion.write($0, to: &path) }
            }
        }
        return String(decoding: Self.withShortNames(path), as: UTF8.self)
    }

    private static func append(name: String, to path: inout [UInt8]) {
        let digits: StaticString = "0123456789ABCDEF"
        var previous = UInt8(ascii: ".")
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                path.append(byte)
            case UInt8(ascii: ".") where previous != UInt8(ascii: "."):
                path.append(byte)
            default:
                path.append(UInt8(ascii: "%"))
                path.append(digits.utf8Start[Int(byte >> 4)])
                path.append(digits.utf8Start[Int(byte & 0xF)])
            }
            previous = byte
        }
        if name.isEmpty {
            path.append(UInt8(ascii: "%"))
        }
    }

    private static let longestName = 200

    private static func withShortNames(_ path: [UInt8]) -> [UInt8] {
        let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard names.contains(where: self.isToBeCut) else { return path }
        var short: [UInt8] = []
        for (index, name) in names.enumerated() {
            if index > 0 {
                short.append(UInt8(ascii: "/"))
            }
            var rest = name
            while self.isToBeCut(rest) {
                // No piece may begin with a dot: it could be all there is of it.
                var cut = rest.startIndex + min(self.longestName, rest.count) - 1
                while cut > rest.startIndex + 1, rest[cut] == UInt8(ascii: ".") {
                    cut -= 1
                }
                short.append(contentsOf: rest[..<cut])
                short.append(UInt8(ascii: "%"))
                short.append(UInt8(ascii: "/"))
                rest = rest[cut...]
            }
            short.append(contentsOf: rest)
        }
        return short
    }

    /// A long name, or one that looks like a piece of such a name: it would be in the way of the directory.
    private static func isToBeCut(_ name: ArraySlice<UInt8>) -> Bool {
        name.count > self.longestName || name.count > self.longestName / 2 && name.last == UInt8(ascii: "%")
    }
}
