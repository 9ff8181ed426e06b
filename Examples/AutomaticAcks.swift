import NIOCore
import StanCore

private struct OutOfTea: Error {}

/// Has each message acked when its handler has returned. One whose handler throws is not acked, and comes again.
func automaticAcks(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("reader"))
    let channel = server.channel("automatic-acks")
    for text in ["tea", "coffee"] { try await client.publish(ByteBuffer(string: text), to: channel) }

    var options = StanSubscriptionOptions()
    options.start = .first
    options.ackWait = .seconds(1)
    let subscription = try await client.subscribe(to: channel, options: options)
    let (done, continuation) = AsyncStream.makeStream(of: UInt64.self)
    let worker = Task {
        await subscription.process(onError: { message, error in print("#\(message.sequence) failed: \(error)") }) { message in
            if message.sequence == 1, !message.redelivered { throw OutOfTea() }
            print("#\(message.sequence)", String(buffer: message.data), message.redelivered ? "(again)" : "")
            continuation.yield(message.sequence)
        }
    }
    var count = 0
    for await _ in done {
        count += 1
        if count == 2 { break }
    }
    try await subscription.close()
    await worker.value
    try await client.close()
}
