/// The keys that the documentation names but that this version does not honour yet. They are refused, not ignored: a file that
/// asks for a dead letter and gets none would lose the user's trust along with the message.
enum PlannedKeys {
    case none
    case top
    case route
    case retry
    case httpSink
    case fileSink

    var keys: [String] {
        switch self {
        case .none:
            []
        case .top:
            ["state_dir"]
        case .route:
            ["ordering", "when", "dead_letter"]
        case .retry:
            ["max_attempts"]
        case .httpSink:
            [
                "format", "http_version", "compression", "batch", "sign", "basic", "bearer", "tls", "proxy", "unix_socket",
                "follow_redirects", "rate_limit", "circuit_breaker", "retry_on", "reject_on",
            ]
        case .fileSink:
            ["sync", "rotate", "idle_close", "max_open"]
        }
    }
}
