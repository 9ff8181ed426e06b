/// What a delivery journal is about. With another subscription, its sequences would mean other messages.
package struct JournalIdentity: Sendable, Equatable {
    /// The route's name in the configuration, unique in the daemon. The file is named after it.
    package var route: String

    package var cluster: String
    package var channel: String
    package var clientID: String
    package var durableName: String?
    package var queue: String?

    /// The names of the route's sinks, in the order of their numbers in the ledger.
    package var sinks: [String]

    /// The name of the route's dead-letter sink.
    package var deadLetter: String?

    package init(
        route: String,
        cluster: String,
        channel: String,
        clientID: String,
        durableName: String?,
        queue: String?,
        sinks: [String],
        deadLetter: String?
    ) {
        self.route = route
        self.cluster = cluster
        self.channel = channel
        self.clientID = clientID
        self.durableName = durableName
        self.queue = queue
        self.sinks = sinks
        self.deadLetter = deadLetter
    }

    /// The journal's path: two routes never have the same one.
    func path(in directory: String) throws(JournalError) -> String {
        let context = RouteContext(route: self.route, channel: self.channel, cluster: self.cluster, clientID: self.clientID)
        do {
            return "\(directory)/\(try FilePathTemplate("{route}.journal").path(for: context, at: 0))"
        } catch {
            throw JournalError(error.description)
        }
    }

    /// In what the subscription differs from another, in words; nil where it does not. Sinks do not count.
    func difference(from other: JournalIdentity) -> String? {
        func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "none" }
        let differences = [
            ("route", self.route, other.route),
            ("cluster id", self.cluster, other.cluster),
            ("channel", self.channel, other.channel),
            ("client id", self.clientID, other.clientID),
            ("durable name", self.durableName, other.durableName),
            ("queue", self.queue, other.queue),
        ].filter { $0.1 != $0.2 }
        guard !differences.isEmpty else { return nil }
        return differences.map { "its \($0.0) is \(text($0.1)), not \(text($0.2))" }.joined(separator: ", ")
    }
}
