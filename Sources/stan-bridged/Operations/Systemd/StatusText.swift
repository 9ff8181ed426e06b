/// How the bridge stands, in a line for `systemctl status`. Pure.
///
/// It changes when something changes that an operator would want to know, and never only because time has passed.
enum StatusText {
    /// Names at most so many routes.
    private static let longestList = 5

    static func of(_ status: Bridge.Status) -> String {
        let session = status.session
        guard session.isConnected else { return "connecting to NATS\(Self.because(session.trouble))" }
        guard session.hasSession else { return "connected to NATS, waiting for a STAN session\(Self.because(session.trouble))" }
        let missing = status.routes.filter { !$0.isSubscribed }
        guard let first = missing.first else {
            let count = status.routes.count
            return (["connected, \(count == 1 ? "1 route" : "\(count) routes") subscribed"] + status.obstacles)
                .joined(separator: "; ")
        }
        let names = missing.prefix(Self.longestList).map(\.name).joined(separator: ", ")
        let more = missing.count > Self.longestList ? " and \(missing.count - Self.longestList) more" : ""
        let trouble = missing.count == 1 ? Self.because(first.trouble) : ""
        return "connected, \(missing.count) of \(status.routes.count) routes not subscribed: \(names)\(more)\(trouble)"
    }

    private static func because(_ trouble: String?) -> String {
        trouble.map { ": \($0)" } ?? ""
    }
}
