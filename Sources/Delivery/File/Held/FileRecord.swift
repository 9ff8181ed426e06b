/// What is written down beside a file about it.
struct FileRecord: Equatable, Sendable {
    /// The sink that writes to the file.
    var sink: String

    /// Which file it was written for.
    var identity: FileStatus.Identity

    /// How many bytes of it are on disk for good, each in a whole record.
    var length: Int64

    /// The messages in these bytes, and in those files that had its name before.
    var held: HeldMessages
}
