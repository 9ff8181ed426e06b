import Compression
import Delivery
import Foundation
import Testing

@Suite("The file sink under crashes")
struct FileSinkSimulationTests {
    /// Writing, syncing, rotating, compressing, recording: a process that does all of it, as often as it makes calls.
    @Test(
        "a process that ends in the middle of any of its calls, one after the other, leaves nothing twice, half or missing",
        arguments: RecordFormat.allCases,
        [false, true]
    )
    func everyCall(_ format: RecordFormat, _ afterPowerFailure: Bool) throws {
        let setting = FileSinkSimulation.Setting(
            format: format,
            sync: .always,
            rotation: .init(size: 1000, compression: .gzip),
            path: "\(FileSinkSimulation.directory)/{channel}.log",
            mayLosePower: afterPowerFailure,
            mayForget: false,
            failureRate: 0
        )
        var calls = 0
        while true {
            var simulation = FileSinkSimulation(seed: 7, setting: setting)
            guard try simulation.run(endingAfter: calls, afterPowerFailure: afterPowerFailure) else { break }
            calls += 1
        }
        print("\(format), \(afterPowerFailure ? "power failure" : "killed"): in the middle of each of \(calls) calls")
        #expect(calls > 100)
    }

    /// A seed, or a first and a last one, to run by hand; else those of every test run.
    private static var seeds: ClosedRange<UInt64> {
        let numbers = (ProcessInfo.processInfo.environment["FILE_SEEDS"] ?? "1-500").split(separator: "-").compactMap {
            UInt64($0)
        }
        return (numbers.first ?? 1)...(numbers.last ?? 1)
    }

    @Test("each message is in the files once and whole, wherever processes and power end and disks fail")
    func crashes() throws {
        var total = FileSinkSimulation.Outcome()
        for seed in Self.seeds {
            var simulation = FileSinkSimulation(seed: seed)
            let outcome: FileSinkSimulation.Outcome
            do {
                outcome = try simulation.run()
            } catch {
                Issue.record("\(error)")
                return
            }
            total.steps += outcome.steps
            total.crashes += outcome.crashes
            total.powerFailures += outcome.powerFailures
            total.copies += outcome.copies
            total.failures += outcome.failures
            total.archives += outcome.archives
            total.newLives += outcome.newLives
        }
        print("file sink simulation: \(total)")
        // It has to have happened, or nothing was shown.
        guard Self.seeds.count >= 500 else { return }
        #expect(total.crashes > 1000 && total.powerFailures > 100 && total.copies > 1000)
        #expect(total.failures > 100 && total.archives > 100 && total.newLives > 100)
    }
}
