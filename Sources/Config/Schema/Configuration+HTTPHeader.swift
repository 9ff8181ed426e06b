extension Configuration.HTTPSink {
    /// A header of every request. The name is a token that the daemon does not set itself; no two names are the same but for
    /// case.
    package struct Header: Sendable, Hashable {
        /// Printable ASCII and tabs, before it is filled in.
        package enum Value: Sendable, Hashable {
            /// One written in the file, in pieces; at least one, no two texts beside each other.
            case template([Segment])
            /// One from elsewhere, as it is.
            case secret(Secret)
        }

        package enum Segment: Sendable, Hashable {
            /// Not to be seen: nobody says that a header with a password must have it from elsewhere.
            case text(Secret)
            case placeholder(Placeholder)
        }

        package enum Placeholder: String, Sendable, Hashable, CaseIterable {
            case channel
            /// The message's, or that of a batch's first.
            case sequence
            case route
        }

        package let name: String
        package let value: Value
    }
}
