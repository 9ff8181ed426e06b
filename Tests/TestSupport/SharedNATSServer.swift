package import DevServer

/// The nats-server that the tests of a process share. Started by the first who asks; it ends with the process.
package enum SharedNATSServer {
    private static let start = Task { try await NatsServerProcess.start() }

    package static var url: String {
        get async throws { try await self.start.value.url }
    }
}

/// Lends a nats-server of one's own, for tests that stop it or need it configured. The body may stop it too.
package func withNATSServer<Result>(
    _ options: NatsServerProcess.Options = NatsServerProcess.Options(),
    _ body: (NatsServerProcess) async throws -> Result
) async throws -> Result {
    let process = try await NatsServerProcess.start(options)
    do {
        let result = try await body(process)
        await process.stop()
        return result
    } catch {
        await process.stop()
        throw error
    }
}
