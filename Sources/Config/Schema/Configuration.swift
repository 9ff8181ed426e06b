/// Everything a config file says, checked, with every default filled in.
///
/// All durations are within what the daemon can add to a clock. Equal values mean equal behaviour, which is how a reload finds
/// out what has changed. Printing one shows no secret.
package struct Configuration: Sendable, Hashable {
    /// How to reach the NATS servers.
    package let nats: NATS

    /// Which STAN cluster, and as whom.
    package let stan: Stan

    /// Where messages can go, in the order of the file. Names are unique.
    package let sinks: [Sink]

    /// Which channel goes where, in the order of the file; at least one. Names are unique.
    package let routes: [Route]

    /// The admin server; nil when the file asks for none.
    package let admin: Admin?

    package let log: Log

    /// How long a graceful stop may take. Default 30 s.
    package let shutdownTimeout: Duration

    /// The folder to keep what must survive a crash in. Default: the first one of `$STATE_DIRECTORY`, else none.
    package let stateDirectory: String?

    /// The sink of a name; never nil for a name that a route has.
    package func sink(named name: String) -> Sink? {
        self.sinks.first { $0.name == name }
    }
}
