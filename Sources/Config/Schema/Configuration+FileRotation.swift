extension Configuration.FileSink {
    /// The `rotate` object: when a file is put aside, and what becomes of those that were. At least one of `size` and `every` is
    /// there.
    package struct Rotate: Sendable, Hashable {
        /// A file is put aside rather than grow beyond so many bytes; one message may be larger. 1 KiB...16 TiB.
        package let size: Int?

        /// A file is put aside after so long, 1 min...365 days.
        package let every: Duration?

        /// So many that were put aside are kept, at least 1. Default nil: all.
        package let keep: Int?

        /// One that was put aside is removed when it is so old: at least `every`, and 1 min...100 years. Default nil: never.
        package let maxAge: Duration?

        /// Default `identity`.
        package let compression: Configuration.Compression
    }
}
