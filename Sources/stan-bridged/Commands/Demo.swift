import ArgumentParser
import Delivery
import DevServer
import UnixSignals

/// `stan-bridged demo`: the whole job in one terminal.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the whole job: a server, a webhook, a file and some messages, in a few seconds.",
        discussion: "Needs nats-server on PATH. Uses free ports and a temporary directory, and leaves nothing behind."
    )

    @Option(name: .shortAndLong, help: "How many messages.") var count = 1_000

    func validate() throws {
        guard 1...1_000_000 ~= self.count else { throw ValidationError("--count must be between 1 and 1000000") }
    }

    func run() async throws {
        do {
            try await self.runUntilSignal()
        } catch let error as NatsServerError {
            complain("stan-bridged: \(error)")
            throw Exit.unavailable
        } catch let error as DemoError {
            complain("stan-bridged: the demo failed: \(error)")
            throw Exit.software
        }
    }

    /// A signal cuts the story short; what was started is stopped all the same.
    private func runUntilSignal() async throws {
        // Caught before anything is started, so that nothing is left behind from the beginning.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let demo = Task { try await DemoRun(count: self.count).run() }
        let listener = Task {
            for await _ in signals { demo.cancel() }
        }
        let result = await demo.result
        listener.cancel()
        // Whatever an interrupted demo failed with is no failure.
        if !demo.isCancelled { try result.get() }
    }
}
