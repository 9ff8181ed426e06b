import Glibc
import Testing

@Suite("A route's ledger under faults")
struct RouteLedgerSimulationTests {
    /// `STAN_SIMULATION_SEEDS=1000000` for a long run; `STAN_SIMULATION_SEED=17` to see one again.
    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test("keeps every promise, whatever fails, for every seed")
    func promises() throws {
        let seeds = Self.number("STAN_SIMULATION_SEED").map { $0...$0 } ?? 1...(Self.number("STAN_SIMULATION_SEEDS") ?? 2_000)
        var total = Simulation.Summary()
        for seed in seeds {
            let summary = try Simulation.run(seed: seed)
            total.steps += summary.steps
            total.deliveries += summary.deliveries
            total.copies += summary.copies
            total.acksAgain += summary.acksAgain
            total.crashes += summary.crashes
            total.sessions += summary.sessions
            total.retries += summary.retries
        }
        print("simulated \(seeds.count) seeds: \(total)")
        guard seeds.count >= 100 else { return }
        // A simulation in which nothing goes wrong proves nothing.
        #expect(total.copies > 0)
        #expect(total.acksAgain > 0)
        #expect(total.crashes > 0)
        #expect(total.retries > 0)
        #expect(total.sessions > seeds.count)
    }
}
