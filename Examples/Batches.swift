import NIOCore
import StanCore

/// Reads what there is at a time, and acks it at once: for throughput.
func batches(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("reader"))
    let channel = server.channel("batches")
    _ = try await client.publish(contentsOf: (1...5_000).map { ByteBuffer(string: "message \($0)") }, to: channel)

    var options = StanSubscriptionOptions()
    options.start = .first
    let subscription = try await client.subscribe(to: channel, options: options)
    var count = 0
    for await batch in subscription.batches {
        subscription.ack(batch)
        count += batch.count
        if count == 5_000 { break }
    }
    print("\(count) messages")
    try await client.close()
}
