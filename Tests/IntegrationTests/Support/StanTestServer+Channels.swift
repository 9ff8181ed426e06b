import DevServer
import Foundation
import NIOCore
import StanCore
import TestSupport

extension StanTestServer {
    /// Publishes `message 1`, `message 2`, … many at a time, and so only roughly in this order. All are acked by the server.
    func publish(_ count: Int, to channel: String, body: @escaping @Sendable (Int) -> String = { "message \($0)" }) async throws {
        try await self.withClient { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...count {
                    if number > 500 { try await group.next() }
                    group.addTask { try await client.publish(ByteBuffer(string: body(number)), to: channel) }
                }
                try await group.waitForAll()
            }
        }
    }

    func withClient<Result>(_ body: (StanClient) async throws -> Result) async throws -> Result {
        var configuration = StanConfiguration(clusterID: self.clusterID, clientID: self.uniqueName("test"))
        configuration.requestTimeout = .seconds(20)
        let client = try await StanClient.connect(to: [self.url], configuration: configuration)
        let result = try await body(client)
        try await client.close()
        return result
    }

    /// How many messages of the channel the server has sent and has no ack of; nil when there is no way to know.
    ///
    /// Real servers are asked over HTTP, at the port that `STAN_TEST_MONITOR` says.
    func pending(_ channel: String) async throws -> Int? {
        if let devServer = self.devServer {
            let status = try await devServer.channels().first { $0.name == channel }
            return status?.subscriptions.reduce(0) { $0 + $1.pendingCount } ?? 0
        }
        guard let port = ProcessInfo.processInfo.environment["STAN_TEST_MONITOR"].flatMap({ Int($0) }) else { return nil }
        struct Channels: Decodable {
            struct Subscription: Decodable { var pendingCount: Int }
            var subscriptions: [Subscription]?
        }
        let answer = try await HTTPGet.get("/streaming/channelsz?channel=\(channel)&subs=1", port: port)
        guard answer.status == 200 else { return 0 }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let status = try decoder.decode(Channels.self, from: Data(answer.body.utf8))
        return status.subscriptions?.reduce(0) { $0 + $1.pendingCount } ?? 0
    }

    /// Whether the server has an ack of everything that it sent; true when there is no way to know.
    func hasNothingPending(_ channel: String) async throws -> Bool {
        try await self.pending(channel) ?? 0 == 0
    }
}
