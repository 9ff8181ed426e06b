import NIOCore
import StanCore

/// The program of README.md, line by line; `scripts/check-examples` compares the two. It reads on for ever, until it is cancelled.
private func program(_ server: Server) async throws {
    // README begins
    let client = try await StanClient.connect(
        to: [server.url],
        configuration: StanConfiguration(clusterID: server.cluster, clientID: "me")
    )
    try await client.publish(ByteBuffer(string: "hello"), to: "greetings")

    var options = StanSubscriptionOptions()
    options.start = .first
    options.durableName = "reader"
    for await message in try await client.subscribe(to: "greetings", options: options) {
        print(message.sequence, String(buffer: message.data))
        message.ack()
    }
    // README ends
    try await client.close()
}

func readme(_ server: Server) async throws {
    let reader = Task { try await program(server) }
    // Long enough for a message; `scripts/run-examples` looks for it.
    try await Task.sleep(for: .seconds(1))
    reader.cancel()
    try await reader.value
}
