/// A secret that a sink sends: given once, or kept in a file whose content may change while the daemon runs.
package struct SinkSecret: Sendable, CustomStringConvertible, CustomReflectable {
    /// As it was when the daemon started.
    let initial: String

    /// The file it is in; nil when it is in none.
    let file: String?

    /// Reads the file again.
    let read: @Sendable () throws(SinkError) -> String

    package init(_ value: String) {
        self.initial = value
        self.file = nil
        self.read = { () throws(SinkError) in value }
    }

    /// - Parameter read: the secret that is in the file now. Its errors must not hold any of it.
    package init(_ value: String, file: String, read: @escaping @Sendable () throws(SinkError) -> String) {
        self.initial = value
        self.file = file
        self.read = read
    }

    package var description: String { "***" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
