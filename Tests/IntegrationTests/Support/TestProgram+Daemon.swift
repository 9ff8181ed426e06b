import Foundation
import TestSupport

extension TestProgram {
    /// The daemon's own program: it is built beside the tests.
    static let daemonPath: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("stan-bridged").path
    }()

    /// Starts `stan-bridged` and does not wait.
    ///
    /// - Parameters:
    ///   - input: the text of standard input.
    ///   - environment: variables in addition to ours.
    static func start(_ arguments: [String], input: String = "", environment: [String: String] = [:]) -> TestProgram {
        TestProgram.start(command: [Self.daemonPath] + arguments, input: input, environment: environment)
    }

    /// Starts `stan-bridged` and waits for its end.
    static func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) async -> TestProgram {
        let program = Self.start(arguments, input: input, environment: environment)
        _ = await program.end()
        return program
    }
}
