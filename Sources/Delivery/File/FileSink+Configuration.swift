package import Compression
package import NIOCore

extension FileSink {
    /// Where and how a file sink writes.
    package struct Configuration: Sendable {
        /// When what was written is put on disk, and the messages are reported.
        package enum Sync: Sendable, Equatable {
            /// At once, for all that waits together.
            case always

            /// After this time at the latest; the messages wait for it.
            case interval(TimeAmount)

            /// When the system does it of itself. The messages are reported at once: a power failure may lose them.
            case never
        }

        /// When a file gets another name, and what becomes of it.
        package struct Rotation: Sendable, Equatable {
            /// How many bytes a file may have, unless it holds only one message. nil: any number.
            package var size: Int64?

            /// The length of the periods, counted from the epoch in UTC, that have a file of their own; by the clock of this
            /// machine, not by the messages. nil: none have.
            package var every: TimeAmount?

            /// How many rotated files are kept of each. nil: all.
            package var keep: Int?

            /// How long a rotated file is kept. nil: for ever.
            package var maximumAge: TimeAmount?

            /// How rotated files are compressed. nil: not at all.
            package var compression: BodyCompressor.Format?

            package init(
                size: Int64? = nil,
                every: TimeAmount? = nil,
                keep: Int? = nil,
                maximumAge: TimeAmount? = nil,
                compression: BodyCompressor.Format? = nil
            ) {
                self.size = size
                self.every = every
                self.keep = keep
                self.maximumAge = maximumAge
                self.compression = compression
            }
        }

        /// The path of the file or files.
        package var path: FilePathTemplate

        /// How a message is written. Default: `json`.
        package var format = RecordFormat.json

        /// Default: `always`.
        package var sync = Sync.always

        /// Default: nil, files only grow.
        package var rotation: Rotation?

        /// The permissions of a new file, whatever the umask. Default: 0640.
        package var mode: UInt32 = 0o640

        /// How many files are kept open; the one not written to for longest is closed first. Default: 256; at least 1.
        package var maximumOpenFiles = 256

        /// How long a file is kept open that nothing is written to. Default: 5 minutes.
        package var idleClose = TimeAmount.minutes(5)

        /// How many bytes a group may have before it is written, give or take one message. Default: 4 MiB.
        package var maximumGroupBytes = 4 << 20

        package init(path: FilePathTemplate) {
            self.path = path
        }
    }
}
