extension Configuration {
    /// A member of `sinks`.
    package struct Sink: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case http(HTTPSink)
            case file(FileSink)
            case stan(StanSink)
            case stdout(StdoutSink)
        }

        package let name: String
        package let kind: Kind
    }
}
