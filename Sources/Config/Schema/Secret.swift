/// A value that must not be seen. Printing, dumping or reflecting one shows `***`.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The largest file that is taken for a secret, in bytes.
    package static let maximumFile = 64 << 10

    private let value: String

    /// The path of the file that it came from, a systemd credential among them; nil when it came from elsewhere. What is in the
    /// file can change, and is then to be read with ``text(ofFile:)``, and checked for its ``SecretUse``.
    package let file: String?

    package init(_ value: String, file: String? = nil) {
        self.value = value
        self.file = file
    }

    /// The value itself, for the one place that sends or compares it.
    package func reveal() -> String { self.value }

    package var description: String { "***" }

    package var debugDescription: String { "***" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
    /// The secret in a file: all of it, but for one line break at its end.
    ///
    /// - Throws: a problem of the file, without any of its bytes: it is empty, too large, or not UTF-8.
    package static func text(ofFile bytes: [UInt8]) throws(TextProblem) -> String {
        if bytes.count > Self.maximumFile { throw TextProblem("is larger than \(ByteSize(Self.maximumFile))") }
        var bytes = bytes[...]
        // Editors and `echo` end the last line; nobody means it as a part of a password.
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        if bytes.isEmpty { throw TextProblem("is empty") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw TextProblem("is not UTF-8 text") }
        return text
    }
}
