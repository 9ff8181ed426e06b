extension FileSink {
    /// Where and how a file sink writes.
    package struct Configuration: Sendable, Equatable {
        /// The path of the file or files.
        package var path: FilePathTemplate

        /// How a message is written. Default: `json`.
        package var format: RecordFormat

        /// The permissions of a new file, whatever the umask. Default: 0640.
        package var mode: UInt32

        /// How many files are kept open; the one not written to for longest is closed first. Default: 256; at least 1.
        package var maximumOpenFiles: Int

        /// How many bytes a group may have before it is written, give or take one message. Default: 4 MiB.
        package var maximumGroupBytes: Int

        package init(
            path: FilePathTemplate,
            format: RecordFormat = .json,
            mode: UInt32 = 0o640,
            maximumOpenFiles: Int = 256,
            maximumGroupBytes: Int = 4 << 20
        ) {
            self.path = path
            self.format = format
            self.mode = mode
            self.maximumOpenFiles = max(1, maximumOpenFiles)
            self.maximumGroupBytes = max(1, maximumGroupBytes)
        }
    }
}
