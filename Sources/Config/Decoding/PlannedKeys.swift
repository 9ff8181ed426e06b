/// The keys that the documentation names but that this version does not honour yet. They are refused, not ignored: a file that
/// asks for something and does not get it would be trusted with what it does not do.
enum PlannedKeys {
    case none
    case fileSink

    var keys: [String] {
        switch self {
        case .none:
            []
        case .fileSink:
            ["sync", "rotate", "idle_close", "max_open"]
        }
    }
}
