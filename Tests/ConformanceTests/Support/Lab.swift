import DevServer
import Foundation
import Glibc
import NATSTransport
import NIOCore
import Synchronization
import TestSupport

/// The server that a test examines, and the connections it does so with.
///
/// - By default it is the development server.
/// - With `STAN_TEST_SERVER=PATH` it is that nats-streaming-server, started here with the options that the test needs.
/// - With `STAN_TEST_URL` (and `STAN_TEST_CLUSTER`) it is one that runs already; it needs room for a few hundred channels. What
///   needs options is left out then, unless there is a `STAN_TEST_SERVER` too.
final class Lab: Sendable {
    let url: String
    let clusterID: String
    let needs: Needs
    /// The port of the real server's monitoring.
    let monitoringPort: Int?
    /// Where the server stores, if it does.
    let directory: String?

    enum Power: Sendable {
        case development(DevServer)
        case ours(RealServer)
        case foreign
    }

    private let power: Mutex<Power>
    private let clients = Mutex<[NATSTestClient]>([])
    private let relaunch: @Sendable () async throws -> Power

    static let isReal = StanTestServer.isReal || RealServer.executable != nil

    /// Whether a server with options can be had.
    static let canConfigure = !StanTestServer.isReal || RealServer.executable != nil

    init(
        url: String,
        clusterID: String,
        needs: Needs,
        monitoringPort: Int? = nil,
        directory: String? = nil,
        _ power: Power,
        relaunch: @escaping @Sendable () async throws -> Power
    ) {
        self.url = url
        self.clusterID = clusterID
        self.needs = needs
        self.monitoringPort = monitoringPort
        self.directory = directory
        self.power = Mutex(power)
        self.relaunch = relaunch
    }

    var devServer: DevServer? {
        if case .development(let server) = self.power.withLock({ $0 }) { server } else { nil }
    }

    /// A name that no other test uses.
    func name(_ prefix: String) -> String { "\(prefix)-\(NUID.make())" }

    /// A NATS connection of its own.
    func nats() async throws -> NATSTestClient {
        let client = try await NATSTestClient.connect(self.url)
        self.clients.withLock { $0.append(client) }
        return client
    }

    /// A STAN session on a NATS connection of its own.
    func session(_ id: String? = nil, heart: Heart.Mode = .beats) async throws -> Session {
        try await Session.connect(try await self.nats(), self, id: id ?? self.name("client"), heart: heart)
    }

    /// Stops the server: in good order, or as a crash does.
    func stop(hard: Bool = false) async throws {
        switch self.power.withLock({ $0 }) {
        case .development(let server): if hard { try await server.kill() } else { try await server.stop() }
        case .ours(let server): if hard { await server.kill() } else { await server.stop() }
        case .foreign: break
        }
    }

    /// Starts it again on what it has stored.
    func start() async throws {
        let power = try await self.relaunch()
        self.power.withLock { $0 = power }
    }

    func restart(hard: Bool = false) async throws {
        try await self.stop(hard: hard)
        try await self.start()
    }

    fileprivate func close() async {
        for client in self.clients.withLock({ $0 }) { try? await client.close() }
        try? await self.stop()
        if let directory { try? FileManager.default.removeItem(atPath: directory) }
    }
}

/// Lends a server that has what a test needs.
func withLab(_ configure: (inout Needs) -> Void = { _ in }, _ body: (Lab) async throws -> Void) async throws {
    var needs = Needs()
    configure(&needs)
    let lab = try await makeLab(needs)
    do {
        try await body(lab)
    } catch {
        await lab.close()
        throw error
    }
    await lab.close()
}

private func makeLab(_ needs: Needs) async throws -> Lab {
    if StanTestServer.isReal, needs.isNothing {
        return try await withStanServer { server in
            Lab(url: server.url, clusterID: server.clusterID, needs: needs, .foreign) { .foreign }
        }
    }
    if RealServer.executable != nil, needs.isNothing {
        let (clusterID, url) = try await SharedRealServer.start.value
        return Lab(url: url, clusterID: clusterID, needs: needs, .foreign) { .foreign }
    }
    let clusterID = "test-\(NUID.make())"
    let nats = try await SharedNATSServer.url
    let directory: String? = if case .file = needs.restart { try temporaryDirectory() } else { nil }
    if let program = RealServer.executable {
        // The NATS server is one for all: clients stay connected when the streaming server restarts.
        let port = needs.monitoring ? freePort() : nil
        var arguments = ["-ns", nats] + needs.arguments
        if let port { arguments += ["-m", "\(port)"] }
        if let directory { arguments += ["-st", "FILE", "-dir", directory] }
        let complete = arguments
        let launch = { @Sendable in
            Lab.Power.ours(try await RealServer.start(program, clusterID: clusterID, natsURL: nats, arguments: complete))
        }
        let first = try await launch()
        return Lab(
            url: nats,
            clusterID: clusterID,
            needs: needs,
            monitoringPort: port,
            directory: directory,
            first,
            relaunch: launch
        )
    }
    var options = StanServerOptions()
    needs.apply(to: &options)
    options.clusterID = clusterID
    if let directory { options.store = .file(directory: directory) }
    let complete = options
    let launch = { @Sendable in Lab.Power.development(try await DevServer.start(complete, natsURL: nats)) }
    let first = try await launch()
    return Lab(url: nats, clusterID: clusterID, needs: needs, directory: directory, first, relaunch: launch)
}

/// One server for all tests that need nothing; it ends with the process.
private enum SharedRealServer {
    private static let server = Mutex<RealServer?>(nil)

    static let start = Task {
        let clusterID = "test-\(NUID.make())"
        let url = try await SharedNATSServer.url
        let server = try await RealServer.start(
            RealServer.executable ?? "",
            clusterID: clusterID,
            natsURL: url,
            arguments: ["-ns", url, "-mc", "0"]
        )
        Self.server.withLock { $0 = server }
        return (clusterID, url)
    }
}

func temporaryDirectory() throws -> String {
    var template = Array("/tmp/stan-conformance-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RealServer.Failed(description: "no temporary directory: errno \(errno)") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
