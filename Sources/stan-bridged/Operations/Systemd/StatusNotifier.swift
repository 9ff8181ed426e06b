import ServiceLifecycle

/// Keeps what systemd shows of the bridge up to date.
struct StatusNotifier: Service {
    let notifier: Notifier
    let status: @Sendable () async -> Bridge.Status

    /// Between two looks. What has not changed is not said again.
    static let interval = Duration.seconds(1)

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.notifier.opening()
                self.notifier.status(StatusText.of(await self.status()))
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
