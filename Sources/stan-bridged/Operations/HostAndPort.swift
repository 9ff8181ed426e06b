/// An address as people write it.
enum HostAndPort {
    /// - Parameter host: a name or an IP address; IPv6 without brackets.
    static func text(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
