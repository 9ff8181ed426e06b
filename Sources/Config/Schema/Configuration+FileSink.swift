extension Configuration {
    /// A sink of type `file`.
    package struct FileSink: Sendable, Hashable {
        /// When what was written is made to stay over a power cut, and the messages are acked.
        package enum Sync: Sendable, Hashable {
            /// At once, all that waits together.
            case always

            /// So often; acks wait for it. 1 ms...1 h, and less than the ack wait of every route that writes there.
            case interval(Duration)

            /// When the system likes; acks do not wait for it.
            case never
        }

        /// The file's path; absolute, unless the config file's own folder is unknown.
        package let path: PathTemplate

        /// Default `json`.
        package let format: RecordFormat

        /// Default `always`.
        package let sync: Sync

        /// When a file is put aside and a new one begun. Default nil: never.
        package let rotate: Rotate?

        /// The permission bits of files it creates. Default 0640.
        package let mode: UInt16

        /// After how long without a message a file is closed, 1 ms...30 days. Default 5 min.
        package let idleClose: Duration

        /// How many files are kept open, 1...1,000,000. Default 256.
        package let maxOpen: Int
    }

    /// How a message is written to a file or to standard output.
    package enum RecordFormat: String, Sendable, Hashable, CaseIterable {
        /// One JSON object a line.
        case json
        /// The body and a newline.
        case raw
        /// The body's length in four bytes, the highest first, and the body. Never to standard output.
        case lengthDelimited = "length_delimited"
    }
}
