import NIOCore
import StanCore

/// Reads a channel from its beginning, and acks each message by hand when it has been dealt with.
func subscribe(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("reader"))
    let channel = server.channel("subscribe")
    for text in ["one", "two", "three"] { try await client.publish(ByteBuffer(string: text), to: channel) }

    var options = StanSubscriptionOptions()
    options.start = .first
    options.maxInFlight = 2
    options.ackWait = .seconds(10)
    for await message in try await client.subscribe(to: channel, options: options) {
        print("#\(message.sequence)", String(buffer: message.data), message.redelivered ? "(again)" : "")
        message.ack()
        if message.sequence == 3 { break }
    }
    try await client.close()
}

/// Where a subscription can begin.
func startPositions(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("reader"))
    let channel = server.channel("start-positions")
    for number in 1...5 { try await client.publish(ByteBuffer(string: "message \(number)"), to: channel) }

    let starts: [StanSubscriptionOptions.Start] = [.first, .lastReceived, .sequence(4), .ago(.hours(1)), .time(0)]
    for start in starts {
        var options = StanSubscriptionOptions()
        options.start = start
        let subscription = try await client.subscribe(to: channel, options: options)
        for await message in subscription {
            print("\(start) begins with #\(message.sequence)")
            break
        }
        try await subscription.close()
    }
    try await client.close()
}
