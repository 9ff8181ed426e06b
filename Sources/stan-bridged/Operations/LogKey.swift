/// The names of what log lines carry, the same everywhere.
enum LogKey {
    static let route = "route"
    static let channel = "channel"
    static let sequence = "sequence"
    static let sink = "sink"
    static let reason = "reason"
    static let server = "server"
    static let error = "error"
}
