/// The URL of an HTTP endpoint: `http` or `https`, a host, no user info, no fragment, nothing but the characters of RFC 3986.
///
/// Its path and query can hold a key that nobody should see (many webhook services work that way): it prints as its origin.
package struct HTTPURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL as written, for the request itself.
    package let text: String

    /// Scheme, host and port: `https://billing.example`. Good for logs and status.
    package let origin: String

    /// Whether it is `https`.
    package let isSecure: Bool

    /// A name or an IP address; IPv6 without its brackets.
    let host: String

    package var description: String { self.origin }

    package var debugDescription: String { self.origin }

    package var customMirror: Mirror { Mirror(self, children: ["origin": self.origin]) }
}
