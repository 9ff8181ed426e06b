/// A delivery journal cannot be used, or not at the moment.
package struct JournalError: Error, CustomStringConvertible {
    package let description: String

    /// The system's error, where one is the cause.
    let cause: SystemCallError?

    init(_ description: String, cause: SystemCallError? = nil) {
        self.description = description
        self.cause = cause
    }
}
