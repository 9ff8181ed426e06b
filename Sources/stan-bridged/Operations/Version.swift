/// The version of the daemon, as `--version`, the `User-Agent` and `build_info` show it.
enum Version {
    static let current = "0.1.0"
}
