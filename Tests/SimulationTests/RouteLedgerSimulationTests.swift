import Glibc
import Testing

@Suite("A route's ledger under faults")
struct RouteLedgerSimulationTests {
    /// `STAN_SIMULATION_SEEDS=1000000` for a long run; `STAN_SIMULATION_SEED=17` to see one again.
    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test("keeps every promise, whatever fails, for every seed")
    func promises() async throws {
        let seeds = Self.number("STAN_SIMULATION_SEED").map { $0...$0 } ?? 1...(Self.number("STAN_SIMULATION_SEEDS") ?? 10_000)
        let total = try await Self.run(seeds, tasks: 2)
        print("simulated \(seeds.count) seeds: \(total)")
        guard seeds.count >= 100 else { return }
        // A simulation in which nothing goes wrong proves nothing.
        #expect(total.copies > 0)
        #expect(total.acksAgain > 0)
        #expect(total.crashes > 0)
        #expect(total.retries > 0)
        #expect(total.sessions > seeds.count)
        #expect(total.skipped > 0)
        #expect(total.deadLetters > 0)
        #expect(total.restarts > 0)
        #expect(total.refused > 0)
        #expect(total.breakers > 0)
    }

    private static func run(_ seeds: ClosedRange<UInt64>, tasks: UInt64) async throws -> Simulation.Summary {
        try await withThrowingTaskGroup(of: Simulation.Summary.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var total = Simulation.Summary()
                    for seed in seeds where seed % tasks == task { total += try Simulation.run(seed: seed) }
                    return total
                }
            }
            return try await group.reduce(into: Simulation.Summary()) { $0 += $1 }
        }
    }
}
