extension Configuration {
    /// The `admin` section.
    package struct Admin: Sendable, Hashable {
        /// A name or IP address to listen at; IPv6 without its brackets.
        package let host: String

        /// 0 for any free port.
        package let port: UInt16

        /// What callers must show; always there when the address is not a loopback address.
        package let token: Secret?
    }
}
