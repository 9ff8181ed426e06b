import Glibc

/// How many descriptors the process may have open.
enum DescriptorLimit {
    /// Raises the limit to the highest that may be set. Connections and files each need some, and the usual limit of 1,024 is there for
    /// programs that use select(2) only, which we do not.
    static func raise() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
