import NIOCore
import StanCore

/// Learns why a session has ended. A session that is lost stays lost; what wants to go on makes a new client and subscribes again.
func connectionLost(_ server: Server) async throws {
    var configuration = server.configuration("watcher")
    configuration.pingInterval = .seconds(1)
    configuration.pingMaxOut = 3
    let client = try await StanClient.connect(to: [server.url], configuration: configuration)
    async let reason = client.connectionLost()
    try await client.close()
    print("ended: \(await reason)")
    do {
        try await client.publish(ByteBuffer(string: "too late"), to: server.channel("connection-lost"))
    } catch let error as StanError where error.code == .connectionClosed {
        print("afterwards: \(error)")
    }
}

/// Cancelling a task ends what it waits for.
func cancellation(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("reader"))
    let subscription = try await client.subscribe(to: server.channel("cancellation"))
    let reader = Task {
        var count = 0
        for await _ in subscription { count += 1 }
        return count
    }
    reader.cancel()
    print("read \(await reader.value) messages before it was cancelled")
    try await client.close()
}
