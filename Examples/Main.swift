import StanCore

/// Runs one example, or all: `swift run Examples NAME|all [NATS-URL [CLUSTER-ID [SECURE-URL USER PASSWORD CA-FILE]]]`.
@main
struct Examples {
    static let all: [(name: String, run: @Sendable (Server) async throws -> Void)] = [
        ("publish", publish),
        ("publish-many", publishMany),
        ("subscribe", subscribe),
        ("start-positions", startPositions),
        ("automatic-acks", automaticAcks),
        ("batches", batches),
        ("durable", durable),
        ("queue-group", queueGroup),
        ("shared-connection", sharedConnection),
        ("connection-lost", connectionLost),
        ("cancellation", cancellation),
        ("task-group", taskGroup),
        ("events", events),
        ("secure", secure),
        ("readme", readme),
    ]

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let name = arguments.first ?? "all"
        let more = Array(arguments.dropFirst(3))
        let server = Server(
            url: arguments.dropFirst().first ?? "nats://127.0.0.1:4222",
            cluster: arguments.dropFirst(2).first ?? "test-cluster",
            secure: more.count == 4 ? .init(url: more[0], user: more[1], password: more[2], caFile: more[3]) : nil
        )
        let chosen = self.all.filter { name == "all" || name == $0.name }
        guard !chosen.isEmpty else {
            print("there is no example \(name); there are: \(self.all.map(\.name).joined(separator: ", ")), all")
            return
        }
        for example in chosen {
            print("== \(example.name)")
            try await example.run(server)
        }
    }
}

/// Where the examples find their server.
struct Server: Sendable {
    var url: String
    var cluster: String
    var secure: Secure?

    /// One that wants a password, and TLS; with a STAN server of the same cluster id.
    struct Secure: Sendable {
        var url: String
        var user: String
        var password: String
        var caFile: String
    }

    /// A configuration with a client id that nobody else has.
    func configuration(_ client: String) -> StanConfiguration {
        StanConfiguration(clusterID: self.cluster, clientID: "\(client)-\(UInt32.random(in: .min ... .max))")
    }

    /// A channel that nobody else uses.
    func channel(_ name: String) -> String {
        "examples.\(name).\(UInt32.random(in: .min ... .max))"
    }
}
