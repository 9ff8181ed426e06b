/// A channel's name with places to fill in: `dead.{channel}`.
package struct ChannelTemplate: Sendable, Hashable, CustomStringConvertible {
    /// The template as it was written.
    package let text: String

    /// The same in pieces. There is no `client_id` among the places, and no time.
    let pieces: [PathTemplate.Piece]

    package var description: String { self.text }

    /// The channel for the messages of a route.
    package func expanded(channel: String, route: String) -> String {
        self.pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(.channel): channel
            case .placeholder(.route): route
            case .placeholder(.clientID), .time: ""
            }
        }.joined()
    }
}
