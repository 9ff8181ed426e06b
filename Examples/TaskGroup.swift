import NIOCore
import StanCore

/// Reads and publishes in one task group. The first to fail ends the others, and cancelling ends a wait at once.
func taskGroup(_ server: Server) async throws {
    struct Enough: Error {}
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("group"))
    let channel = server.channel("task-group")
    let subscription = try await client.subscribe(to: channel)
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var count = 0
                for await message in subscription {
                    message.ack()
                    count += 1
                    if count == 100 { throw Enough() }
                }
            }
            group.addTask {
                while true { try await client.publish(ByteBuffer(string: "more"), to: channel) }
            }
            // Not `waitForAll`, which would wait for the publisher before it throws.
            for try await _ in group {}
        }
    } catch is Enough {
        print("the reader had enough, and the publisher was cancelled")
    }
    try await client.close()
}
