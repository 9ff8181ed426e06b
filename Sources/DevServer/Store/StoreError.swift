/// Why a store cannot be used.
package enum StoreError: Error, Equatable, CustomStringConvertible {
    case file(path: String, reason: String)
    /// Another server has it open.
    case inUse(directory: String)
    case otherCluster(directory: String, stored: String, configured: String)
    /// What is there is no store of this server, or of a later version of it.
    case notAStore(path: String)

    package var description: String {
        switch self {
        case .file(let path, let reason):
            "\(path): \(reason)"
        case .inUse(let directory):
            "\(directory) is in use by another server: stop it, or use another directory"
        case .otherCluster(let directory, let stored, let configured):
            "\(directory) belongs to cluster ID \"\(stored)\", not \"\(configured)\": use that ID, or another directory"
        case .notAStore(let path):
            "\(path) does not begin as a file of this server does: use another directory, or remove the file if it is not needed"
        }
    }
}
