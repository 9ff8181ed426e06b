/// One thing that is wrong, or doubtful, in a config file, for the person who wrote it. Never holds a secret.
package struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: Sendable, Hashable {
        /// The file cannot be used.
        case error
        /// The file can be used, but does something that is rarely wanted.
        case warning
        /// A warning that is as urgent for one who runs the file as for one who writes it: a secret lies open.
        case alarm
    }

    package let severity: Severity

    /// The file's name, as it was given.
    package let file: String

    /// Where in the file; nil when the file could not be read at all.
    package let place: SourcePlace?

    /// Which key, as `routes[1].retry.initial`; empty for the file as a whole.
    package let path: String

    /// What is wrong, and in brackets what would be right.
    package let message: String

    /// `FILE:LINE:COLUMN: key.path: what is wrong (what would be right)`, with `warning: ` before the key of a warning or an alarm.
    package var description: String {
        var text = self.file
        if let place = self.place { text += ":\(place.line):\(place.column)" }
        text += ": "
        if self.severity != .error { text += "warning: " }
        if !self.path.isEmpty { text += "\(self.path): " }
        return text + self.message
    }
}
