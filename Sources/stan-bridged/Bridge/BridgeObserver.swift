import NIOCore

/// Is told how the bridge comes and goes, on any thread.
struct BridgeObserver: Sendable {
    /// Every sink and every journal is open.
    var opened: @Sendable () -> Void = {}

    /// The bridge begins to stop, and may take so long to finish what is in delivery.
    var stopping: @Sendable (TimeAmount) -> Void = { _ in }
}
