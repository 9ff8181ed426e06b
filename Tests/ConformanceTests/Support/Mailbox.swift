import Synchronization
import TestSupport
import Testing

/// What has come so far, in order.
final class Mailbox<Item: Sendable>: Sendable {
    private let state = Mutex<[Item]>([])

    var items: [Item] { self.state.withLock { $0 } }

    func append(_ item: Item) { self.state.withLock { $0.append(item) } }

    func clear() { self.state.withLock { $0 = [] } }

    /// Waits for at least that many.
    @discardableResult
    func wait(
        for count: Int,
        within limit: Duration = .seconds(10),
        file: StaticString = #fileID,
        line: UInt = #line
    ) async throws -> [Item] {
        do {
            try await eventually(within: limit, "\(count) have come", file: file, line: line) { self.items.count >= count }
        } catch {
            throw RealServer.Failed(description: "\(error); there are: \(self.items)")
        }
        return self.items
    }
}
