import NIOCore

/// Which server to try next, and when. Pure; the randomness is handed in.
///
/// After a disconnect each server is tried once without delay, the one that was lost last; then comes the pause.
struct ServerPool {
    /// How many servers are taken from a list that a server sends.
    static let maximumLearnt = 256

    private struct Entry {
        var server: NATSServerAddress
        var isLearnt = false

        func isSamePlace(as other: NATSServerAddress) -> Bool {
            self.server.port == other.port && self.server.host == other.host
        }
    }

    /// In the order in which they are tried; the one in use, or tried just now, is the last.
    private var servers: [Entry]

    /// How many of the servers have been tried since the last success or pause.
    private var tried = 0

    /// How many of those refused our credentials.
    private var refusals = 0

    private let wait: TimeAmount
    private let jitter: TimeAmount
    private let refusedWait: TimeAmount

    /// - Parameter refusedWait: the pause after a round in which every server refused the credentials, unless `wait` is longer.
    init(
        servers: [NATSServerAddress],
        wait: TimeAmount,
        jitter: TimeAmount,
        refusedWait: TimeAmount = .zero,
        using generator: inout some RandomNumberGenerator
    ) {
        self.servers = servers.shuffled(using: &generator).map { Entry(server: $0) }
        self.wait = wait
        self.jitter = jitter
        self.refusedWait = refusedWait
    }

    /// Whether there is anywhere else to go.
    var hasOthers: Bool { self.servers.count > 1 }

    /// The server at the front goes to the back, so that a failing one is not the next one.
    ///
    /// - Returns: the server to try, and how long to wait before; nil when there is none.
    mutating func next(using generator: inout some RandomNumberGenerator) -> (server: NATSServerAddress, delay: TimeAmount)? {
        guard !self.servers.isEmpty else { return nil }
        var delay = TimeAmount.zero
        if self.tried >= self.servers.count {
            let wait = self.refusals >= self.tried ? max(self.wait, self.refusedWait) : self.wait
            self.tried = 0
            self.refusals = 0
            delay = wait + .nanoseconds(Int64.random(in: 0...max(0, self.jitter.nanoseconds), using: &generator))
        }
        let entry = self.servers.removeFirst()
        self.servers.append(entry)
        self.tried += 1
        return (entry.server, delay)
    }

    /// A connection was made. When it is lost the others come first, and at once.
    mutating func connected() {
        self.tried = 0
        self.refusals = 0
    }

    /// The server given out last refused the credentials. After a connection had been made this counts for all of them: some
    /// refusals, such as that of a JWT that has expired, come only then, and there is no point in trying without a pause.
    mutating func refused() {
        if self.tried == 0 {
            self.tried = self.servers.count
            self.refusals = self.servers.count
        } else {
            self.refusals += 1
        }
    }

    /// Takes over the servers of the cluster as the server in use lists them. Of those learnt before, the ones that are listed no
    /// longer are forgotten, except the one in use. An empty list says nothing: not every server lists its cluster.
    ///
    /// - Parameter announcer: the server in use. Those it lists take the same credentials, and its URL may be the only place that
    ///   has them; they are spoken to with TLS if it is; and those that are bare IP addresses may have a certificate for its name.
    mutating func learn(_ urls: [String], from announcer: NATSServerAddress) {
        let named = urls.prefix(Self.maximumLearnt).compactMap { NATSServerAddress($0) }
        guard let current = self.servers.last, !named.isEmpty else { return }
        self.servers.removeAll { entry in
            entry.isLearnt && !entry.isSamePlace(as: current.server) && !named.contains { entry.isSamePlace(as: $0) }
        }
        for server in named where !self.servers.contains(where: { $0.isSamePlace(as: server) }) {
            var learnt = announcer
            learnt.host = server.host
            learnt.port = server.port
            learnt.announcerName = announcer.certificateName
            self.servers.insert(Entry(server: learnt, isLearnt: true), at: self.servers.count - 1)
        }
    }
}
