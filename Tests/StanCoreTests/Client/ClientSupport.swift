import NIOCore
import StanCore
import TestSupport

/// Lends a client, and closes it.
func withStanClient<Result>(
    _ server: StanTestServer,
    id: String? = nil,
    url: String? = nil,
    configure: (inout StanConfiguration) -> Void = { _ in },
    _ body: (StanClient) async throws -> Result
) async throws -> Result {
    var configuration = StanConfiguration(clusterID: server.clusterID, clientID: id ?? server.uniqueName("client"))
    configuration.requestTimeout = .seconds(10)
    configure(&configuration)
    let client = try await StanClient.connect(to: [url ?? server.url], configuration: configuration)
    do {
        let result = try await body(client)
        // Some tests end the session themselves, or have the server lose it.
        try? await client.close()
        return result
    } catch {
        try? await client.close()
        throw error
    }
}

extension StanSubscription {
    func next() async -> StanMessage? {
        for await message in self { return message }
        return nil
    }

    /// The next messages; fewer when the subscription ends.
    func take(_ count: Int) async -> [StanMessage] {
        var messages: [StanMessage] = []
        while messages.count < count, let message = await self.next() { messages.append(message) }
        return messages
    }
}

extension StanMessage {
    var text: String { String(buffer: self.data) }
}

extension StanClient {
    func publish(_ text: String, to channel: String) async throws {
        try await self.publish(ByteBuffer(string: text), to: channel)
    }

    func publish(_ numbers: ClosedRange<Int>, to channel: String) async throws {
        for number in numbers { try await self.publish("\(number)", to: channel) }
    }

    func subscribe(to channel: String, _ change: (inout StanSubscriptionOptions) -> Void) async throws -> StanSubscription {
        var options = StanSubscriptionOptions()
        options.start = .first
        change(&options)
        return try await self.subscribe(to: channel, options: options)
    }
}

/// The code of the ``StanError`` that the body throws, or nil when it throws none.
func codeOfFailure(_ body: () async throws -> Void) async -> StanError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StanError)?.code
    }
}
