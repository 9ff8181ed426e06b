extension Configuration {
    /// How the body of a request, or a file that was put aside, is made smaller.
    package enum Compression: String, Sendable, Hashable, CaseIterable {
        case identity = "none"
        case gzip
        case zstd
    }
}
