package import Notation

/// The path of a file sink, with places to fill in: `/var/lib/stan-bridged/{channel}/%Y-%m-%d.ndjson`.
package struct PathTemplate: Sendable, Hashable, CustomStringConvertible {
    package enum Placeholder: String, Sendable, Hashable, CaseIterable {
        case channel
        case route
        case clientID = "client_id"
    }

    package enum Piece: Sendable, Hashable {
        case text(String)
        case placeholder(Placeholder)
        case time(TimeConversion)
    }

    /// The template as text, made absolute; a percent sign is doubled in it.
    package let text: String

    /// The same in pieces, so that nobody has to look for braces and percent signs again.
    package let pieces: [Piece]

    package var description: String { self.text }

    /// Whether it is different paths at different times.
    package var hasTime: Bool { self.pieces.contains { if case .time = $0 { true } else { false } } }
}
