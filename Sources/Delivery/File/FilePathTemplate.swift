/// Where a file sink writes: a path in which `{channel}`, `{route}` and `{client_id}` stand for what a message comes from.
///
/// What is put in for a placeholder is a file's name and nothing else, and two different values never give the same name:
///
/// - ASCII letters, digits, `-`, `_` and `.` stay; every other byte becomes `%` and two upper-case hex digits. So do a `.` at the
///   beginning and a `.` after a `.`: no value can be `.` or `..`, or hide the file.
/// - An empty value becomes a lone `%`.
/// - A part of the path longer than 240 bytes is cut into pieces of at most 240, all but the last with a `%` at their end; all but
///   the last become directories. (File systems allow 255 bytes a name.)
package struct FilePathTemplate: Sendable, Equatable, CustomStringConvertible {
    private enum Piece: Equatable {
        case literal(String)
        case channel
        case route
        case clientID
    }

    /// As it was given.
    package let description: String

    private let pieces: [Piece]

    /// - Throws: when the text names no file, or has a placeholder in it that does not exist.
    package init(_ text: String) throws(SinkError) {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if brace != rest.startIndex {
                pieces.append(.literal(String(rest[..<brace])))
            }
            guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}") else {
                throw SinkError("\(text): a \(rest[brace]) without its other half (placeholders look like {channel})")
            }
            let name = rest[rest.index(after: brace)..<end]
            switch name {
            case "channel": pieces.append(.channel)
            case "route": pieces.append(.route)
            case "client_id": pieces.append(.clientID)
            default:
                throw SinkError("\(text): there is no placeholder {\(name)} (there are {channel}, {route} and {client_id})")
            }
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty {
            pieces.append(.literal(String(rest)))
        }
        guard !text.isEmpty, text.utf8.last != UInt8(ascii: "/") else {
            throw SinkError("\(text.isEmpty ? "the path" : text): names no file (a path must end with a file's name)")
        }
        guard !text.utf8.contains(0) else {
            throw SinkError("the path has a NUL character in it")
        }
        self.description = text
        self.pieces = pieces
    }

    /// The one path that all messages go to, where the template has no placeholders.
    package var fixedPath: String? {
        guard self.pieces.count == 1, case .literal(let path) = self.pieces[0] else { return nil }
        return path
    }

    /// The directory that every path lies in, whatever is put in for the placeholders; without a `/` at its end.
    package var fixedDirectory: String {
        guard case .literal(let literal) = self.pieces[0], let slash = literal.lastIndex(of: "/") else { return "." }
        return slash == literal.startIndex ? "/" : String(literal[..<slash])
    }

    /// The path for the messages of a route.
    package func path(for context: RouteContext) -> String {
        var path: [UInt8] = []
        for piece in self.pieces {
            switch piece {
            case .literal(let text): path.append(contentsOf: text.utf8)
            case .channel: Self.append(name: context.channel, to: &path)
            case .route: Self.append(name: context.route, to: &path)
            case .clientID: Self.append(name: context.clientID, to: &path)
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

    private static let longestName = 240

    private static func withShortNames(_ path: [UInt8]) -> [UInt8] {
        let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard names.contains(where: { $0.count > self.longestName }) else { return path }
        var short: [UInt8] = []
        for (index, name) in names.enumerated() {
            if index > 0 {
                short.append(UInt8(ascii: "/"))
            }
            var rest = name
            while rest.count > self.longestName {
                // No piece may begin with a dot: it could be all there is of it.
                var cut = rest.startIndex + self.longestName - 1
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
}
