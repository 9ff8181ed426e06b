import TestSupport

extension Nginx {
    /// The idempotency key of a message that ``SinkUnderTest`` sends.
    static func key(_ sequence: UInt64) -> String { "test-cluster/orders.eu/\(sequence)" }

    /// Answers 200 to everything, by way of another server, so that what happens to a request before it is answered does happen.
    static func passing(_ directives: String) -> String { "\(directives) location / { proxy_pass http://backend; }" }

    /// Waits until it has noted that it took each of the messages.
    func took(_ sequences: ClosedRange<UInt64>) async throws {
        let keys = Set(sequences.map(Self.key))
        try await eventually("nginx has noted every message") {
            keys.isSubset(of: self.requests.lazy.filter { $0.status == 200 }.map(\.key))
        }
    }
}
