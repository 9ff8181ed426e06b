import NIOCore

/// Which server to try next, and when. Pure; the randomness is handed in.
///
/// After a disconnect each server is tried once without delay, the one that was lost last; then comes the pause.
struct ServerPool {
    private var servers: [NATSServerAddress]

    /// How many of the servers have been tried since the last success or pause.
    private var tried = 0

    private let wait: TimeAmount
    private let jitter: TimeAmount

    init(
        servers: [NATSServerAddress],
        wait: TimeAmount,
        jitter: TimeAmount,
        using generator: inout some RandomNumberGenerator
    ) {
        self.servers = servers.shuffled(using: &generator)
        self.wait = wait
        self.jitter = jitter
    }

    /// The server at the front goes to the back, so that a failing one is not the next one.
    ///
    /// - Returns: the server to try, and how long to wait before; nil when there is none.
    mutating func next(using generator: inout some RandomNumberGenerator) -> (server: NATSServerAddress, delay: TimeAmount)? {
        guard !self.servers.isEmpty else { return nil }
        var delay = TimeAmount.zero
        if self.tried >= self.servers.count {
            self.tried = 0
            delay = self.wait + .nanoseconds(Int64.random(in: 0...max(0, self.jitter.nanoseconds), using: &generator))
        }
        let server = self.servers.removeFirst()
        self.servers.append(server)
        self.tried += 1
        return (server, delay)
    }

    /// A connection was made. When it is lost the others come first, and at once.
    mutating func connected() {
        self.tried = 0
    }

    /// Adds servers that a server has named, without credentials of their own.
    mutating func learn(_ urls: [String]) {
        for server in urls.compactMap({ NATSServerAddress($0) })
        where !self.servers.contains(where: { $0.host == server.host && $0.port == server.port }) {
            self.servers.insert(server, at: max(0, self.servers.count - 1))
        }
    }
}
