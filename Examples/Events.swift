import NIOCore
import StanCore

/// Hears what becomes of the connection to NATS, until it is closed.
func events(_ server: Server) async throws {
    let transport = try await StanTransport.connect(to: [server.url])
    let listener = Task { [events = transport.events] in
        for await event in events {
            switch event {
            case .disconnected(_, let failure) where failure.kind == .slowConsumer: print("read faster: \(failure)")
            case .serverError(let failure) where failure.kind == .permissions: print("not allowed: \(failure)")
            default: print(event)
            }
        }
    }
    let client = try await StanClient.connect(over: transport, configuration: server.configuration("listener"))
    try await client.publish(ByteBuffer(string: "hello"), to: server.channel("events"))
    await transport.close()
    let reason = await client.connectionLost()
    if reason.loss == .natsClosed { print("lost: \(reason)") }
    await listener.value
}
