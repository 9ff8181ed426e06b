/// What loading a config file came to.
package struct LoadedConfiguration: Sendable {
    /// The configuration; nil exactly when there are errors.
    package let configuration: Configuration?

    /// All errors and warnings, in the order of the file. Each prints as one line.
    package let diagnostics: [Diagnostic]

    package var errors: [Diagnostic] {
        self.diagnostics.filter { $0.severity == .error }
    }

    /// Alarms among them.
    package var warnings: [Diagnostic] {
        self.diagnostics.filter { $0.severity != .error }
    }

    /// What whoever runs the configuration should be told each time.
    package var alarms: [Diagnostic] {
        self.diagnostics.filter { $0.severity == .alarm }
    }

    /// The diagnostics as they are printed: one line each, without a line break after the last.
    package var report: String {
        self.diagnostics.map(\.description).joined(separator: "\n")
    }
}
