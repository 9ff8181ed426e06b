extension Configuration {
    /// The `log` section.
    package struct Log: Sendable, Hashable {
        package enum Level: String, Sendable, Hashable, CaseIterable {
            case trace
            case debug
            case info
            case notice
            case warning
            case error
        }

        package enum Format: String, Sendable, Hashable, CaseIterable {
            /// For people.
            case text
            /// For machines: one object a line.
            case json
        }

        /// Default `info`.
        package let level: Level

        /// Default `text`.
        package let format: Format
    }
}
