import NIOCore
import StanCore

/// Publishes one message, and knows that the server has stored it.
func publish(_ server: Server) async throws {
    let client = try await StanClient.connect(to: [server.url], configuration: server.configuration("publisher"))
    do {
        try await client.publish(ByteBuffer(string: "hello"), to: server.channel("publish"))
        print("stored")
    } catch let error as StanError where error.code == .publishAckTimeout {
        print("perhaps stored, perhaps not: \(error)")
    }
    try await client.close()
}
