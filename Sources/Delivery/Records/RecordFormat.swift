/// How a message is written to a file or to stdout.
package enum RecordFormat: String, Sendable, CaseIterable {
    /// One line of JSON a message, with its channel, sequence and timestamp.
    case json

    /// The body and a newline; a body with a newline in it is rejected.
    case raw

    /// The body's length in four bytes, the highest first, and the body.
    case lengthDelimited = "length_delimited"
}
