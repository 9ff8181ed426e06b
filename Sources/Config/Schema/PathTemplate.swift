/// The path of a file sink, with places to fill in: `/var/lib/stan-bridged/{channel}.ndjson`.
package struct PathTemplate: Sendable, Hashable, CustomStringConvertible {
    package enum Placeholder: String, Sendable, Hashable, CaseIterable {
        case channel
        case route
        case clientID = "client_id"
    }

    package enum Piece: Sendable, Hashable {
        case text(String)
        case placeholder(Placeholder)
    }

    /// The template as text, made absolute.
    package let text: String

    /// The same in pieces, so that nobody has to look for braces again.
    package let pieces: [Piece]

    package var description: String { self.text }

    /// The template with its places filled in as they are: making a channel's name safe for a file name is up to the caller.
    package func expanded(channel: String, route: String, clientID: String) -> String {
        Self.expanded(self.pieces, channel: channel, route: route, clientID: clientID)
    }

    static func expanded(_ pieces: [Piece], channel: String, route: String, clientID: String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(.channel): channel
            case .placeholder(.route): route
            case .placeholder(.clientID): clientID
            }
        }.joined()
    }
}
