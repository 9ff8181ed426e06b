/// Why a development server does not start.
package enum DevServerError: Error, Equatable, CustomStringConvertible {
    case invalidURL(String)
    /// Carries the reason in words.
    case natsUnreachable(String)
    /// The cluster ID is part of subjects and is tried as a client ID by other servers.
    case invalidClusterID(String)
    /// Two servers with one cluster ID would both answer every request.
    case clusterInUse(clusterID: String, natsURL: String)
    /// ``DevServer/stop()`` came first.
    case stopped

    package var description: String {
        switch self {
        case .invalidURL(let url):
            "\"\(url)\" is not the URL of a NATS server (nats://HOST:PORT)"
        case .natsUnreachable(let reason):
            reason
        case .invalidClusterID(let id):
            "\"\(id)\" cannot be a cluster ID (letters, digits, - and _)"
        case .clusterInUse(let clusterID, let url):
            "discovered another streaming server with cluster ID \"\(clusterID)\" at \(url): stop it, or use another cluster ID"
        case .stopped:
            "the server is stopped"
        }
    }
}
