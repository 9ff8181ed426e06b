import NIOCore
import StanCore

/// Shares the messages of a channel between the members of a queue group. With a durable name, the group outlives its members.
func queueGroup(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("workers"))
    let channel = server.channel("queue-group")
    var options = StanSubscriptionOptions()
    options.queueGroup = "workers"
    options.durableName = "position"
    let members = [
        try await client.subscribe(to: channel, options: options),
        try await client.subscribe(to: channel, options: options),
    ]
    for number in 1...10 { try await client.publish(ByteBuffer(string: "job \(number)"), to: channel) }

    let counts = await withTaskGroup(of: Int.self) { group in
        for member in members {
            group.addTask {
                var count = 0
                for await message in member {
                    message.ack()
                    count += 1
                    if count == 5 { break }
                }
                return count
            }
        }
        return await group.reduce(into: []) { $0.append($1) }
    }
    print("shares: \(counts)")
    for member in members { try await member.unsubscribe() }
    try await client.close()
}
