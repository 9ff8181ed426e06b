import NATSTransport
import NIOCore
import TestSupport

struct NoSuchEvent: Error {}

extension NATSTestClient {
    /// Reads events until one fits.
    @discardableResult
    func event(_ fits: (Event) -> Bool) async throws -> Event {
        for await event in self.events where fits(event) { return event }
        throw NoSuchEvent()
    }

    func connected() async throws {
        try await self.event { if case .connected = $0 { true } else { false } }
    }

    /// - Returns: why the connection was lost.
    func disconnected() async throws -> NATSError {
        if case .disconnected(let error) = try await self.event({ if case .disconnected = $0 { true } else { false } }) {
            return error
        }
        throw NoSuchEvent()
    }
}

func withScriptedServer(
    greeting: @escaping @Sendable (Int) -> String = { _ in ScriptedServer.info() },
    script: @escaping ScriptedServer.Script = { line, _ in line == "PING" ? [.send("PONG\r\n")] : [] },
    _ body: (ScriptedServer) async throws -> Void
) async throws {
    let server = try await ScriptedServer.start(greeting: greeting, script: script)
    do {
        try await body(server)
        try await server.stop()
    } catch {
        try? await server.stop()
        throw error
    }
}

/// Connects, and closes afterwards.
func withClient(
    _ urls: String...,
    configure: (inout NATSConfiguration) -> Void = { _ in },
    _ body: (NATSTestClient) async throws -> Void
) async throws {
    var configuration = NATSConfiguration(servers: urls.compactMap { NATSServerAddress($0) })
    configuration.reconnectWait = .milliseconds(20)
    configuration.reconnectJitter = .zero
    configuration.refusedWait = .milliseconds(20)
    configure(&configuration)
    let client = try await NATSTestClient.start(configuration)
    do {
        try await client.connected()
        try await body(client)
        try await client.close()
    } catch {
        try? await client.close()
        throw error
    }
}
