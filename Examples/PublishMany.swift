import NIOCore
import StanCore
import Synchronization

/// Publishes many messages at once: by the batch, which is the fastest, and one by one with a handler for each ack.
func publishMany(_ server: Server) async throws {
    var configuration = server.configuration("publisher")
    configuration.maxPubAcksInFlight = 512
    let client = try await StanClient.connect(to: [server.url], configuration: configuration)
    let channel = server.channel("publish-many")

    let messages = (1...10_000).map { ByteBuffer(string: "message \($0)") }
    let failures = try await client.publish(contentsOf: messages, to: channel)
    print("by the batch: \(messages.count - failures.count) stored")
    for (index, error) in failures { print("message \(index) failed: \(error)") }

    let (acks, continuation) = AsyncStream.makeStream(of: StanError?.self)
    for message in messages.prefix(100) {
        client.publish(message, to: channel) { continuation.yield($0) }
    }
    var stored = 0
    for await error in acks {
        if let error { print("failed: \(error)") } else { stored += 1 }
        if stored == 100 { break }
    }
    print("one by one: \(stored) stored")
    try await client.close()
}
