/// What one request carries.
enum HTTPParcel {
    /// A message by itself.
    case single(Delivery)

    /// Messages of one route in the order of their sequences, at least one.
    case batch([Delivery])

    var count: Int {
        switch self {
        case .single: 1
        case .batch(let deliveries): deliveries.count
        }
    }

    /// The halves of a batch that cannot be delivered as a whole; nil for a message by itself, also in a batch.
    var halves: (HTTPParcel, HTTPParcel)? {
        guard case .batch(let deliveries) = self, deliveries.count > 1 else { return nil }
        let middle = deliveries.count / 2
        return (.batch(Array(deliveries[..<middle])), .batch(Array(deliveries[middle...])))
    }

    func forEachSequence(_ body: (UInt64) -> Void) {
        switch self {
        case .single(let delivery): body(delivery.envelope.sequence)
        case .batch(let deliveries): for delivery in deliveries { body(delivery.envelope.sequence) }
        }
    }
}
