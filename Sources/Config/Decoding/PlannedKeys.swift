/// The keys that the documentation names but that this version does not honour yet. They are refused, not ignored: a file that
/// asks for a signature and gets none would be trusted with what it does not do.
enum PlannedKeys {
    case none
    case httpSink
    case fileSink

    var keys: [String] {
        switch self {
        case .none:
            []
        case .httpSink:
            [
                "format", "http_version", "compression", "batch", "sign", "basic", "bearer", "tls", "proxy", "unix_socket",
                "follow_redirects", "retry_on", "reject_on",
            ]
        case .fileSink:
            ["sync", "rotate", "idle_close", "max_open"]
        }
    }
}
