import Foundation
import TestSupport

/// `stan-bridged run` as a child process, with its configuration in a directory of the test's.
final class DaemonProcess: Sendable {
    let program: TestProgram

    private init(_ program: TestProgram) {
        self.program = program
    }

    /// Starts the daemon and does not wait.
    ///
    /// - Parameters:
    ///   - environment: variables in addition to ours.
    ///   - umask: the permissions in octal that it may give to no file; nil for ours.
    static func launch(
        _ config: BridgeConfig,
        in directory: TestDirectory,
        _ options: String...,
        environment: [String: String] = [:],
        umask: String? = nil
    ) throws -> DaemonProcess {
        let path = try directory.write(config.text, to: "\(config.client).json")
        let command = [TestProgram.daemonPath, "run", "--config", path] + options
        let shell = umask.map { ["/bin/sh", "-c", "umask \($0) && exec \"$@\"", "sh"] } ?? []
        return DaemonProcess(TestProgram.start(command: shell + command, environment: environment))
    }

    /// Starts the daemon and waits until `/readyz` says so.
    static func start(
        _ config: BridgeConfig,
        in directory: TestDirectory,
        environment: [String: String] = [:]
    ) async throws -> DaemonProcess {
        let daemon = try Self.launch(config, in: directory, environment: environment)
        try await daemon.waitUntilReady()
        return daemon
    }

    func waitUntilReady() async throws {
        try await self.eventually("the daemon is ready") { try await self.get("/readyz").status == 200 }
    }

    /// Like the one of TestSupport, but what the daemon said is in the failure.
    func eventually(
        within limit: Duration = .seconds(60),
        _ what: String,
        file: StaticString = #fileID,
        line: UInt = #line,
        _ condition: () async throws -> Bool
    ) async throws {
        do {
            try await TestSupport.eventually(within: limit, what, file: file, line: line, condition)
        } catch let error as ConditionNotMet {
            throw DaemonTrouble(what: "\(error)", log: self.log)
        }
    }

    /// The lines on stderr so far.
    var log: [String] { self.program.errorLines }

    func hasLogged(_ text: String) -> Bool { self.log.contains { $0.contains(text) } }

    // MARK: Admin

    /// Where the admin server listens; the log has it.
    func adminPort() async throws -> Int {
        var port: Int?
        try await TestSupport.eventually(within: .seconds(60), "the admin address is open: \(self.program.errors)") {
            guard !self.program.hasEnded else { throw DaemonTrouble(what: "the daemon has ended", log: self.log) }
            let line = self.log.first { $0.contains("admin address open") }
            // As text or in JSON, with whatever behind it.
            let end = line.flatMap { line in line.firstRange(of: "127.0.0.1:").map { line[$0.upperBound...] } }
            port = end.flatMap { Int($0.prefix(while: \.isNumber)) }
            return port != nil
        }
        return port ?? 0
    }

    func get(_ path: String, token: String? = nil) async throws -> HTTPGet.Answer {
        try await HTTPGet.get(path, port: self.adminPort(), token: token)
    }

    /// The sum of a metric's samples, over all routes and sinks.
    ///
    /// - Parameter labels: those that a sample must have, e.g. `sink="hook"`.
    func metric(_ name: String, _ labels: String...) async throws -> Double {
        let text = try await self.get("/metrics").body
        return text.split(separator: "\n").reduce(0) { sum, line in
            guard line.hasPrefix("stan_bridged_\(name){") || line.hasPrefix("stan_bridged_\(name) ") else { return sum }
            guard labels.allSatisfy({ line.contains($0) }), let space = line.lastIndex(of: " ") else { return sum }
            return sum + (Double(line[line.index(after: space)...]) ?? 0)
        }
    }

    // MARK: End

    /// SIGTERM, and the end that follows.
    func terminate() async -> TestProgram.End {
        self.program.signal(SIGTERM)
        return await self.program.end()
    }

    /// SIGKILL, and the end that follows.
    @discardableResult
    func kill() async -> TestProgram.End {
        self.program.signal(SIGKILL)
        return await self.program.end()
    }
}

/// The daemon did not do what a test waited for.
struct DaemonTrouble: Error, CustomStringConvertible {
    var what: String
    var log: [String]

    var description: String { "\(self.what); the daemon said:\n\(self.log.suffix(40).joined(separator: "\n"))" }
}
