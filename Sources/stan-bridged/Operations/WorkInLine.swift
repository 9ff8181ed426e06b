/// Pieces of work, one after the other, however many ask at once.
final class WorkInLine: Sendable {
    private let work = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)

    /// Does what comes, until ``finish()`` has been called and what came before is done. To be called once.
    func run() async {
        for await body in self.work.stream { await body() }
    }

    /// Takes nothing more.
    func finish() {
        self.work.continuation.finish()
    }

    /// Has something done in its turn.
    ///
    /// - Returns: what comes of it; nil where nothing is taken any more.
    func add<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result? {
        await withCheckedContinuation { done in
            let result = self.work.continuation.yield { done.resume(returning: await body()) }
            if case .terminated = result { done.resume(returning: nil) }
        }
    }
}
