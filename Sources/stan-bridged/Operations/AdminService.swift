import Logging
import ServiceLifecycle
import Synchronization

/// Keeps the admin server that the configuration asks for, if it asks for one, whatever it was before.
final class AdminService: Service {
    /// A server, and how it ends.
    private struct Running {
        let server: AdminServer
        let group: ServiceGroup
        let end: Task<Void, any Error>

        func stop() async {
            await self.group.triggerGracefulShutdown()
            _ = await self.end.result
        }
    }

    private let first = Mutex<AdminServer?>(nil)
    private let running = Mutex<Running?>(nil)
    private let requests = WorkInLine()
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// To be called before it runs, if there is to be a server from the beginning.
    func begin(with server: AdminServer) {
        self.first.withLock { $0 = server }
    }

    /// Runs until the graceful shutdown is asked for.
    ///
    /// - Throws: ``AdminServerError`` when the first server cannot listen.
    func run() async throws {
        if let first = self.first.withLock({ $0 }) {
            let started = try await self.start(first)
            self.running.withLock { $0 = started }
        }
        await withGracefulShutdownHandler {
            await self.requests.run()
        } onGracefulShutdown: {
            self.requests.finish()
        }
        await self.running.withLock { $0 }?.stop()
    }

    /// Puts another server in the place of the one that runs.
    ///
    /// - Returns: why it cannot be; then the old one goes on. nil also when the daemon stops.
    func replace(with server: AdminServer?) async -> AdminServerError? {
        await self.requests.add { await self.change(to: server) } ?? nil
    }

    private func change(to server: AdminServer?) async -> AdminServerError? {
        let old = self.running.withLock { $0 }
        // Two cannot listen at one address.
        let sharesAddress = server?.host == old?.server.host && server?.port == old?.server.port
        if sharesAddress { await old?.stop() }
        do {
            let started: Running? = if let server { try await self.start(server) } else { nil }
            self.running.withLock { $0 = started }
            if !sharesAddress { await old?.stop() }
            return nil
        } catch {
            if sharesAddress, let old {
                let again = try? await self.start(old.server)
                self.running.withLock { $0 = again }
            }
            return error as? AdminServerError ?? AdminServerError(description: "admin.listen: \(error)")
        }
    }

    /// Returns when the server listens.
    private func start(_ server: AdminServer) async throws -> Running {
        let listening = AsyncStream.makeStream(of: Void.self)
        var server = server
        let onOpen = server.onOpen
        server.onOpen = {
            onOpen()
            listening.continuation.yield()
            listening.continuation.finish()
        }
        var quiet = self.logger
        quiet.logLevel = .error
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: quiet))
        let end = Task {
            defer { listening.continuation.finish() }
            try await group.run()
        }
        for await _ in listening.stream { return Running(server: server, group: group, end: end) }
        // It ended before it listened: what it throws says why.
        try await end.value
        throw AdminServerError(description: "admin.listen: the server has ended at once")
    }
}
