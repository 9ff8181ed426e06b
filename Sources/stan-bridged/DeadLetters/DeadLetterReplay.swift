import Delivery
import Glibc
import NIOCore
import StanCore

/// Sends dead letters once more, in the order of their file, a bounded number at a time, and says of each what became of it.
struct DeadLetterReplay {
    /// A dead letter and where it stands.
    struct Item: Sendable {
        var number: Int
        var record: DeadLetterRecord
        var line: ByteBuffer
    }

    /// Where they go. Returns why each that was not taken was not, by its index.
    typealias Target = ([Item]) async throws -> [Int: String]

    private static let atOnce = 256
    private static let bytesAtOnce = 16 << 20

    var target: Target
    /// Which are sent; the others are passed over.
    var isWanted: (DeadLetterRecord) -> Bool
    /// Gets the lines of those that were not taken.
    var onFailure: (Item, String) throws -> Void
    /// Told of lines that are no dead letters.
    var onUnreadable: (Int, String) -> Void

    private(set) var taken = 0
    private(set) var failed = 0
    private(set) var unreadable = 0

    init(
        isWanted: @escaping (DeadLetterRecord) -> Bool,
        onFailure: @escaping (Item, String) throws -> Void,
        onUnreadable: @escaping (Int, String) -> Void,
        to target: @escaping Target
    ) {
        self.target = target
        self.isWanted = isWanted
        self.onFailure = onFailure
        self.onUnreadable = onUnreadable
    }

    mutating func run(path: String) async throws {
        var file = try DeadLetterFile(path: path)
        var batch: [Item] = []
        var bytes = 0
        while let line = try file.next() {
            switch line {
            case .unreadable(let reason):
                self.unreadable += 1
                self.onUnreadable(file.number, reason)
            case .record(let record, let line):
                guard self.isWanted(record) else { continue }
                batch.append(Item(number: file.number, record: record, line: line))
                bytes += line.readableBytes
            }
            guard batch.count == Self.atOnce || bytes >= Self.bytesAtOnce else { continue }
            try await self.send(batch)
            (batch, bytes) = ([], 0)
        }
        try await self.send(batch)
    }

    private mutating func send(_ batch: [Item]) async throws {
        guard !batch.isEmpty else { return }
        let failures = try await self.target(batch)
        for (index, item) in batch.enumerated() {
            if let reason = failures[index] {
                self.failed += 1
                try self.onFailure(item, reason)
            } else {
                self.taken += 1
            }
        }
    }
}

extension DeadLetterReplay {
    /// Publishes them: to a channel, or each to the one that it came from.
    static func publishing(with client: StanClient, to channel: String?) -> Target {
        { items in
            var failures: [Int: String] = [:]
            var start = 0
            while start < items.count {
                // As many as go to the same channel, so that the order is kept.
                let name = channel ?? items[start].record.channel
                let end = items[start...].firstIndex { (channel ?? $0.record.channel) != name } ?? items.count
                let bodies = items[start..<end].map(\.record.body)
                for (index, error) in try await client.publish(contentsOf: bodies, to: name) {
                    failures[start + index] = "\(error)"
                }
                start = end
            }
            return failures
        }
    }

    /// Gives them to a sink, as the daemon would.
    static func delivering(to sink: any Sink, cluster: String, clientID: String) -> Target {
        var contexts: [String: RouteContext] = [:]
        return { items in
            var failures: [Int: String] = [:]
            // By channel, since what a sink is told of one is the same for all; sequences are unique in it.
            for channel in Set(items.map(\.record.channel)).sorted() {
                let mine = items.indices.filter { items[$0].record.channel == channel }
                let context =
                    contexts[channel]
                    ?? RouteContext(
                        route: items[mine[0]].record.route,
                        channel: channel,
                        cluster: cluster,
                        clientID: clientID
                    )
                contexts[channel] = context
                for round in Self.withoutRepeats(mine, of: items) {
                    let results = await Self.deliver(round.map { items[$0].record }, of: context, to: sink)
                    for index in round { failures[index] = results[items[index].record.sequence] }
                }
            }
            return failures
        }
    }

    /// A message can be a dead letter of several sinks, and stand in a file several times.
    private static func withoutRepeats(_ indices: [Int], of items: [Item]) -> [[Int]] {
        var rounds: [[Int]] = []
        var seen: [UInt64: Int] = [:]
        for index in indices {
            let round = seen[items[index].record.sequence, default: 0]
            seen[items[index].record.sequence] = round + 1
            if round == rounds.count { rounds.append([]) }
            rounds[round].append(index)
        }
        return rounds
    }

    private static func deliver(
        _ records: [DeadLetterRecord],
        of context: RouteContext,
        to sink: any Sink
    ) async -> [UInt64: String] {
        await withCheckedContinuation { continuation in
            let receiver = ReplayReceiver(count: records.count) { continuation.resume(returning: $0) }
            let deliveries = records.map { record in
                Delivery(
                    envelope: Envelope(
                        sequence: record.sequence,
                        timestamp: record.timestamp,
                        redelivered: record.redelivered,
                        body: record.body
                    ),
                    attempt: record.attempts == .max ? .max : record.attempts + 1
                )
            }
            sink.deliver(DeliveryBatch(context: context, sink: 0, deliveries: deliveries, receiver: receiver))
        }
    }
}
