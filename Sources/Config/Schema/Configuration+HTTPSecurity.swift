extension Configuration.HTTPSink {
    /// How a request says who sends it.
    package enum Authorization: Sendable, Hashable {
        /// The name has no `:` and no control characters.
        case basic(username: String, password: Secret)
        /// Visible ASCII.
        case bearer(Secret)
    }

    /// The `tls` object.
    package struct TLS: Sendable, Hashable {
        package enum Version: String, Sendable, Hashable, CaseIterable {
            case tls12 = "1.2"
            case tls13 = "1.3"
        }

        /// What it has in common with others.
        package let shared: Configuration.TLS

        /// The oldest that will do. Default 1.2.
        package let minimumVersion: Version

        static let standard = TLS(shared: .standard, minimumVersion: .tls12)
    }
}
