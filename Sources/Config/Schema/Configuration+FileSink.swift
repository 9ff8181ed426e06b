extension Configuration {
    /// A sink of type `file`.
    package struct FileSink: Sendable, Hashable {
        /// The file's path; absolute, unless the config file's own folder is unknown.
        package let path: PathTemplate

        /// Default `json`.
        package let format: RecordFormat

        /// The permission bits of files it creates. Default 0640.
        package let mode: UInt16
    }

    /// How a message is written to a file or to standard output.
    package enum RecordFormat: String, Sendable, Hashable, CaseIterable {
        /// One JSON object a line.
        case json
        /// The body and a newline.
        case raw
    }
}
