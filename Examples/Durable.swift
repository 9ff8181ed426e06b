import NIOCore
import StanCore

/// Goes on where it was, over the end of a session: the server remembers a durable's position by client id, channel and name.
func durable(_ server: Server) async throws {
    let configuration = server.configuration("reader")
    let channel = server.channel("durable")
    var options = StanSubscriptionOptions()
    options.start = .first
    options.durableName = "position"

    for run in 1...2 {
        let client = try await StanClient.connect(to: [server.url], configuration: configuration)
        for text in ["a", "b"] { try await client.publish(ByteBuffer(string: text), to: channel) }
        let subscription = try await client.subscribe(to: channel, options: options)
        var count = 0
        for await message in subscription {
            print("run \(run): #\(message.sequence)")
            message.ack()
            count += 1
            if count == 2 { break }
        }
        // Closing keeps the durable; unsubscribing has the server forget it.
        if run == 1 { try await subscription.close() } else { try await subscription.unsubscribe() }
        try await client.close()
    }
}
