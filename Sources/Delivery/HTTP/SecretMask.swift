/// Hides what a request had of secrets where an answer repeats it: `Cannot POST /hooks/KEY`, `unknown token TOKEN`. Reasons are made of
/// answers, and go into logs, dead letters and status.
struct SecretMask: Sendable {
    /// What is to be seen of nothing, the longest first: one can be a part of another.
    private let secrets: [[UInt8]]

    /// What is shorter is found everywhere (`Bearer`), and is no secret that holds.
    private static let shortest = 8

    /// A part of a path is a key only when it is as long as one.
    private static let shortestSegment = 16

    /// So much of one that is cut off by the end tells something of it.
    private static let shortestPart = 4

    private static let shown = Array("***".utf8)

    /// - Parameter texts: what is secret, as it is sent. The words of each are too.
    init(_ texts: [String]) {
        let words = texts.flatMap { [Array($0.utf8)] + $0.utf8.split(separator: UInt8(ascii: " ")).map(Array.init) }
        self.secrets = Set(words.filter { $0.count >= Self.shortest }).sorted { $0.count > $1.count }
    }

    /// The bytes with what is secret in them replaced.
    ///
    /// - Parameter isCut: whether there was more of them, so that what is secret can be cut off by their end.
    func masked(_ bytes: UnsafeRawBufferPointer, isCut: Bool) -> [UInt8] {
        var rest = bytes[...]
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        while let byte = rest.first {
            if let secret = self.secrets.first(where: { rest.starts(with: $0) }) {
                result += Self.shown
                rest = rest.dropFirst(secret.count)
            } else if isCut, rest.count >= Self.shortestPart, self.secrets.contains(where: { $0.starts(with: rest) }) {
                return result + Self.shown
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}

extension SecretMask {
    /// What the requests of a sink have that nobody should see.
    ///
    /// - Parameter values: the secrets of the configuration as they are now, as they are sent.
    init(_ configuration: HTTPSink.Configuration, _ values: [String]) {
        var texts = values
        // Many services put a key into the path or the query.
        if let scheme = configuration.url.firstRange(of: "://") {
            let rest = configuration.url[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
            texts.append(String(rest))
            texts += rest.split(separator: "?", maxSplits: 1).map(String.init)
            texts += rest.split { "?&".contains($0) }.dropFirst().map(String.init)
            texts += rest.split { "/?&=".contains($0) }.map(String.init).filter { $0.utf8.count >= Self.shortestSegment }
        }
        for header in configuration.headers
        where !["accept", "content-type", "host", "user-agent"].contains(header.name.lowercased()) {
            guard case .template(let segments) = header.value else { continue }
            for case .literal(let text) in segments { texts.append(text) }
        }
        self.init(texts)
    }
}
