import NIOCore
import StanCore

/// Two sessions over one connection to NATS, which stays open when they close.
func sharedConnection(_ server: Server) async throws {
    let transport = try await StanTransport.connect(to: [server.url])
    let first = try await StanClient.connect(over: transport, configuration: server.configuration("first"))
    let second = try await StanClient.connect(over: transport, configuration: server.configuration("second"))
    let channel = server.channel("shared-connection")
    try await first.publish(ByteBuffer(string: "from the first"), to: channel)
    try await first.close()
    try await second.publish(ByteBuffer(string: "from the second"), to: channel)
    try await second.close()
    await transport.close()
    print("published over one connection")
}
