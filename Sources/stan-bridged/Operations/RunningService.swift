import Logging
import ServiceLifecycle

/// A service that runs beside what uses it, and is always ended in order: cancelling it half-way leaves its connections in the air.
struct RunningService {
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ service: any Service, logger: Logger) {
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        self.group = group
        // A task of its own: whoever started it may be cancelled, and ends it then by `stop`.
        self.task = Task { try await group.run() }
    }

    /// Ends the service and waits for that.
    func stop() async throws {
        await self.group.triggerGracefulShutdown()
        try await self.task.value
    }
}
