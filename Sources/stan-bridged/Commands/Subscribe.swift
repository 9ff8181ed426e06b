import ArgumentParser
import Delivery
import Glibc
import NIOCore
import StanCore
import UnixSignals

/// `stan-bridged sub`: prints messages, and acks them.
struct Subscribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub",
        abstract: "Print the messages of a channel as they come.",
        discussion: """
            A durable that the server knows goes on where it was, whatever start is asked for.

            Examples:
              stan-bridged sub orders
              stan-bridged sub orders --first --count 10 --raw
              stan-bridged sub orders --durable me --client me-1
              stan-bridged sub orders --last --no-ack --server tls://nats.example --credentials-file me.creds
              stan-bridged sub orders --first --config /etc/stan-bridged/config.json
            """
    )

    @Argument(help: "The channel.") var channel: String

    @Flag(help: "Begin with the oldest message that the server has.") var first = false

    @Flag(help: "Begin with the last message.") var last = false

    @Option(help: ArgumentHelp("Begin with this sequence.", valueName: "n")) var sequence: UInt64?

    @Option(help: ArgumentHelp("Begin with what came this many seconds ago.", valueName: "seconds")) var ago: Int64?

    @Option(help: ArgumentHelp("Remember the position on the server under this name.", valueName: "name")) var durable: String?

    @Option(help: ArgumentHelp("Share the messages with the others of this queue group.", valueName: "group")) var queue: String?

    @Option(help: ArgumentHelp("How many messages may be unacked.", valueName: "n")) var maxInflight: Int32 = 1024

    @Option(help: ArgumentHelp("After how many seconds an unacked message is sent again.", valueName: "seconds")) var ackWait:
        Int64 = 30

    @Flag(inversion: .prefixedNo, help: "Ack what was printed.") var ack = true

    @Flag(help: "Print the bodies alone.") var raw = false

    @Option(name: .shortAndLong, help: "End after so many messages.") var count: Int?

    @Flag(help: "At the end, have the server forget the durable.") var unsubscribe = false

    @OptionGroup var connection: ClientOptions

    func validate() throws {
        let starts = [self.first, self.last, self.sequence != nil, self.ago != nil].count { $0 }
        guard starts <= 1 else { throw ValidationError("--first, --last, --sequence and --ago exclude each other") }
        if let problem = StanChannel.problem(with: self.channel) {
            throw ValidationError("\"\(self.channel)\" is not a channel: \(problem)")
        }
    }

    private var options: StanSubscriptionOptions {
        var options = StanSubscriptionOptions()
        if self.first { options.start = .first }
        if self.last { options.start = .lastReceived }
        if let sequence { options.start = .sequence(sequence) }
        if let ago { options.start = .ago(.seconds(ago)) }
        options.durableName = self.durable
        options.queueGroup = self.queue
        options.maxInFlight = self.maxInflight
        options.ackWait = .seconds(self.ackWait)
        return options
    }

    func run() async throws {
        let client = try await self.connection.connect(prefix: "stan-bridged-sub")
        do {
            let subscription = try await client.subscribe(to: self.channel, options: self.options)
            // The session is closed in order: a client that just goes away keeps its id for minutes.
            let interruption = Task {
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                    try? await client.close()
                    return true
                }
                return false
            }
            var printed = 0
            for await message in subscription {
                self.show(message)
                if self.ack { message.ack() }
                printed += 1
                if printed == self.count { break }
            }
            if printed != self.count {
                let reason = await client.connectionLost()
                guard reason.code == .connectionClosed else { throw reason }
                _ = await interruption.value
                return
            }
            interruption.cancel()
            if self.unsubscribe { try await subscription.unsubscribe() }
            try await client.close()
        } catch let error as StanError {
            try? await client.close()
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        }
    }

    private func show(_ message: StanMessage) {
        let body = String(buffer: message.data)
        let again = message.redelivered ? " (redelivered)" : ""
        print(self.raw ? body : "#\(message.sequence) \(Timestamp.format(message.timestamp))\(again) \(body)")
        // Whoever reads along through a pipe wants to see it now.
        fflush(nil)
    }
}
