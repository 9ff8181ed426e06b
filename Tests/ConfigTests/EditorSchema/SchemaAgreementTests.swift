import Foundation
import TestSupport
import Testing

@testable import Config

/// The schema for editors says of a configuration what `check` says.
@Suite("The schema and check")
struct SchemaAgreementTests {
    private struct Entry {
        let text: String
        var origin: String
    }

    private static func number(_ variable: String, default standard: Int) -> Int {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? standard
    }

    private static let mutations = Self.number("SCHEMA_MUTATIONS", default: 2_500)

    /// Everything in one run of the verifier, which takes longer to start than to answer.
    @Test("say the same of good, bad and mutated configurations, but for what is beyond a schema", .timeLimit(.minutes(10)))
    func agree() async throws {
        var good = SchemaCorpus.good.map { Entry(text: $0, origin: "good") } + [Entry(text: completeText, origin: "complete")]
        good += try SchemaCorpus.examples().map { Entry(text: $0.text, origin: $0.name) }
        good += try SchemaCorpus.documented().map { Entry(text: $0, origin: "documentation") }
        let bad = SchemaCorpus.bad.map { Entry(text: $0, origin: "bad") }
        let beyond = SchemaCorpus.beyond.map { Entry(text: $0.text, origin: "beyond") }
        let limits = try SchemaObjects.limits() + SchemaCorpus.lists
        #expect(limits.count > 80)
        // The small ones, in which each change matters.
        var mutator = ConfigMutator(seed: UInt64(Self.number("SCHEMA_SEED", default: 7)))
        let trees = try SchemaCorpus.good.map { try JSONTree($0) }
        let mutated = (0..<Self.mutations).map {
            Entry(text: mutator.mutated(trees[$0 % trees.count]).text, origin: "mutation \($0)")
        }

        let all = good + bad + beyond + mutated + limits.map { Entry(text: $0, origin: "limit") }
        let complaints = try await SchemaVerifier.complaints(of: SchemaCorpus.schema, about: all.map(\.text))
        var taken = 0
        for (index, (entry, complaint)) in zip(all, complaints).enumerated() {
            let loaded = SchemaCorpus.load(entry.text)
            let kinds = loaded.errors.map(Beyond.kind)
            let verdicts = "\(entry.origin): \(entry.text)\nschema: \(complaint ?? "good")\ncheck: \(loaded.lines)"
            if complaint == nil {
                #expect(kinds.allSatisfy { $0 != nil }, "the schema takes what check refuses: \(verdicts)")
            } else {
                #expect(!kinds.isEmpty, "the schema refuses what check takes: \(verdicts)")
            }
            switch index {
            case ..<good.count:
                #expect(complaint == nil && loaded.errors.isEmpty, "\(verdicts)")
            case ..<(good.count + bad.count):
                #expect(complaint != nil, "\(verdicts)")
            case ..<(good.count + bad.count + beyond.count):
                // Each has that one error, which the schema does not see.
                let kind = SchemaCorpus.beyond[index - good.count - bad.count].kind
                #expect(complaint == nil && kinds == [kind], "\(verdicts)")
            case ..<(all.count - limits.count):
                taken += complaint == nil ? 1 : 0
            default:
                break
            }
        }
        // Neither few nor many, or little would have been compared.
        #expect((Self.mutations / 20...Self.mutations / 2).contains(taken), "\(taken)")
        #expect(Set(SchemaCorpus.beyond.map(\.kind)) == Set(Beyond.allCases))
    }
}
