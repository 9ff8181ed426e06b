package import Compression
package import NIOCore

extension HTTPSink.Configuration {
    package typealias Compression = BodyCompressor.Format

    /// What the body of a request holds.
    package enum Format: Sendable, Hashable {
        /// The message's bytes.
        case raw
        /// The message in its envelope, as the file sink writes it.
        case json
        /// A CloudEvents 1.0 event of this type: the message's bytes, and the event's attributes in headers.
        case cloudEvents(type: String)
        /// The same as one JSON object.
        case cloudEventsStructured(type: String)
    }

    /// Gathers messages of a route into one request. Only for formats in which each message says what it is.
    package struct Batching: Sendable, Hashable {
        package enum Format: Sendable, Hashable {
            /// One JSON value a line.
            case ndjson
            /// One JSON array.
            case jsonArray
        }

        /// The most messages in a request, at least 1. Default 100.
        package var maxMessages: Int

        /// The most bytes in a request before it is compressed; a single message may have more. Default 1 MiB.
        package var maxBytes: Int

        /// How long a message may wait for others. Default 100 ms.
        package var maxWait: TimeAmount

        /// Default `ndjson`.
        package var format: Format

        package init(
            maxMessages: Int = 100,
            maxBytes: Int = 1 << 20,
            maxWait: TimeAmount = .milliseconds(100),
            format: Format = .ndjson
        ) {
            self.maxMessages = maxMessages
            self.maxBytes = maxBytes
            self.maxWait = maxWait
            self.format = format
        }
    }

    package enum Authorization: Sendable {
        case basic(username: String, password: SinkSecret)
        case bearer(SinkSecret)
    }
}
