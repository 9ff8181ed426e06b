extension Configuration {
    /// A sink of type `stdout`, for trying things out.
    package struct StdoutSink: Sendable, Hashable {
        /// Default `json`.
        package let format: RecordFormat
    }
}
