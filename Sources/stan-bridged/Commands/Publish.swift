import ArgumentParser
import NIOCore
import StanCore

/// `stan-bridged pub`: publishes and waits for every ack.
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pub",
        abstract: "Publish to a channel and wait for every ack.",
        discussion: """
            Without DATA and --count, each line of standard input is a message.

            Examples:
              stan-bridged pub orders '{"id": 7}'
              tail -f orders.ndjson | stan-bridged pub orders
              stan-bridged pub orders --count 100000 --size 256
              stan-bridged pub orders hello --server nats://me:secret@nats.example:4222 --cluster prod
              stan-bridged pub orders hello --server tls://nats.example --credentials-file me.creds --tls-ca-file ca.pem
              stan-bridged pub orders hello --config /etc/stan-bridged/config.json
            """
    )

    @Argument(help: "The channel.") var channel: String

    @Argument(help: "The message.") var data: String?

    @Option(name: .shortAndLong, help: "Publish so many messages, for load.") var count: Int?

    @Option(name: .long, help: ArgumentHelp("The size of the messages of --count.", valueName: "bytes")) var size: Int?

    @Option(name: .long, help: ArgumentHelp("At most so many messages a second.", valueName: "n")) var rate: Int?

    @OptionGroup var connection: ClientOptions

    func validate() throws {
        if let problem = StanChannel.problem(with: self.channel) {
            throw ValidationError("\"\(self.channel)\" is not a channel: \(problem)")
        }
        guard self.count ?? 1 > 0, self.size ?? 1 >= 0, self.rate ?? 1 > 0 else {
            throw ValidationError("--count and --rate must be at least 1, --size at least 0")
        }
        guard self.size == nil || self.data == nil else {
            throw ValidationError("--size makes the messages itself; give no DATA")
        }
    }

    func run() async throws {
        let client = try await self.connection.connect(prefix: "stan-bridged-pub")
        let published: Int
        let start = ContinuousClock.now
        do {
            if let count = self.count ?? (self.data != nil || self.size != nil ? 1 : nil) {
                let message = self.data.map { ByteBuffer(string: $0) }
                if self.rate == nil {
                    published = try await self.publishBatches(client, count: count, message: message)
                } else {
                    published = try await self.publish(client) { index in
                        index < count ? message ?? Self.filler(index, size: self.size ?? 0) : nil
                    }
                }
            } else {
                published = try await self.publish(client) { _ in readLine(strippingNewline: true).map { ByteBuffer(string: $0) }
                }
            }
            try await client.close()
        } catch let error as StanError {
            try? await client.close()
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        complain(
            "published and acked: \(published)\(published > 1 ? ", \(Int(Double(published) / max(seconds, 1e-9))) a second" : "")"
        )
    }

    /// For load: by the thousand.
    private func publishBatches(_ client: StanClient, count: Int, message: ByteBuffer?) async throws -> Int {
        var published = 0
        while published < count {
            let range = published..<min(count, published + 32_768)
            let batch = range.map { message ?? Self.filler($0, size: self.size ?? 0) }
            if let failure = try await client.publish(contentsOf: batch, to: self.channel).first { throw failure.error }
            published = range.upperBound
        }
        return published
    }

    /// Keeps many messages under way at once; the client has them wait when it is too many.
    private func publish(_ client: StanClient, next: (Int) -> ByteBuffer?) async throws -> Int {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var index = 0
            var inFlight = 0
            let start = ContinuousClock.now
            while let message = next(index) {
                if let rate = self.rate {
                    try await Task.sleep(until: start + .seconds(Double(index) / Double(rate)), clock: .continuous)
                }
                if inFlight >= 4096 {
                    try await group.next()
                    inFlight -= 1
                }
                group.addTask { try await client.publish(message, to: self.channel) }
                inFlight += 1
                index += 1
            }
            try await group.waitForAll()
            return index
        }
    }

    /// Its number, and something to fill it up.
    private static func filler(_ index: Int, size: Int) -> ByteBuffer {
        let number = "message \(index + 1) "
        return ByteBuffer(string: size > 0 ? String((number + String(repeating: "x", count: size)).prefix(size)) : number)
    }
}
