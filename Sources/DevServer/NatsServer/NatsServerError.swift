/// Why there is no nats-server.
package enum NatsServerError: Error, Equatable, CustomStringConvertible {
    /// There is none to start.
    case notInstalled(searched: [String])
    /// It could not be started, or ended before it took connections; carries what it said last.
    case failedToStart(path: String, reason: String, output: [String])
    /// A file it needs could not be made.
    case file(path: String, reason: String)

    package var description: String {
        switch self {
        case .notInstalled(let searched):
            "nats-server was not found in \(searched.joined(separator: ", ")): install it (Debian: apt-get install nats-server)"
                + " or use one that runs already"
        case .failedToStart(let path, let reason, let output):
            ([("\(path) did not start: \(reason)")] + output).joined(separator: "\n")
        case .file(let path, let reason):
            "\(path): \(reason)"
        }
    }
}
