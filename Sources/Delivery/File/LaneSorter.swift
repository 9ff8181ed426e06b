import NIOCore

/// Finds out which file each message goes to.
struct LaneSorter: ~Copyable {
    private let template: FilePathTemplate

    /// Paths are made once a route and period, not once a batch. Holds the contexts, so that an address is never that of another.
    private var paths: [Key: (context: RouteContext, path: String)] = [:]

    private struct Key: Hashable {
        let context: ObjectIdentifier
        let period: Int64
    }

    init(template: FilePathTemplate) {
        self.template = template
    }

    /// - Returns: each path and what of the batch goes there, in order.
    mutating func sort(_ batch: DeliveryBatch) -> [(path: String, batch: DeliveryBatch)] {
        guard let seconds = self.template.period else {
            return [(self.path(for: batch.context, at: 0, period: 0), batch)]
        }
        var sorted: [(path: String, batch: DeliveryBatch)] = []
        let periods = Periods(.seconds(seconds))
        var start = 0
        while start < batch.deliveries.count {
            let timestamp = batch.deliveries[start].envelope.timestamp
            let period = periods.index(of: timestamp)
            let rest = batch.deliveries[start...]
            let end = rest.firstIndex { periods.index(of: $0.envelope.timestamp) != period } ?? rest.endIndex
            let path = self.path(for: batch.context, at: timestamp, period: period)
            var part = batch
            if start > 0 || end < batch.deliveries.count { part.deliveries = Array(batch.deliveries[start..<end]) }
            sorted.append((path, part))
            start = end
        }
        return sorted
    }

    private mutating func path(for context: RouteContext, at timestamp: Int64, period: Int64) -> String {
        let key = Key(context: ObjectIdentifier(context), period: period)
        if let known = self.paths[key] { return known.path }
        // Reloads bring new contexts and time new periods; this is a bound, not a working size.
        if self.paths.count >= 4096 { self.paths.removeAll() }
        let path = self.template.path(for: context, at: timestamp)
        self.paths[key] = (context, path)
        return path
    }
}
