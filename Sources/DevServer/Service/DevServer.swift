package import Logging
import NATSTransport
package import NIOCore
import NIOPosix
import StanCore

/// A STAN server for development: a client of a nats-server that answers as nats-streaming-server 0.25.6 does.
///
/// There is one of it, and by default everything is in memory: not for data that matters.
package final class DevServer: Sendable {
    package let options: StanServerOptions
    private let eventLoop: any EventLoop
    private let core: NIOLoopBound<DevServerCore>

    /// Connects to NATS, makes sure that no other server has the cluster ID, and begins to serve.
    ///
    /// - Parameters:
    ///   - natsURL: `nats://HOST:PORT`, with `USER:PASSWORD@` or `TOKEN@` if need be.
    ///   - eventLoop: does all the work. Default: one of the process's.
    /// - Throws: ``DevServerError`` when NATS cannot be reached or the cluster ID cannot be used, ``StoreError`` when the store
    ///   cannot.
    package static func start(
        _ options: StanServerOptions = StanServerOptions(),
        natsURL: String,
        on eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan-server")
    ) async throws -> DevServer {
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        guard let address = NATSServerAddress(natsURL) else { throw DevServerError.invalidURL(natsURL) }
        guard StanClientID.isValid(options.clusterID) else { throw DevServerError.invalidClusterID(options.clusterID) }
        let core = try await eventLoop.submit {
            let core = DevServerCore(options: options, address: address, on: eventLoop, logger: logger)
            return NIOLoopBound(core, eventLoop: eventLoop)
        }.get()
        do {
            try await eventLoop.flatSubmit { core.value.launch(.first) }.get()
        } catch {
            try await eventLoop.flatSubmit { core.value.leave() }.get()
            throw error
        }
        return DevServer(options, eventLoop, core)
    }

    private init(_ options: StanServerOptions, _ eventLoop: any EventLoop, _ core: NIOLoopBound<DevServerCore>) {
        self.options = options
        self.eventLoop = eventLoop
        self.core = core
    }

    /// Stops serving; without it the server goes on even when nobody holds this object. The clients are not told; what they
    /// ask from now on is answered by the nats-server, with a 503.
    package func stop() async throws {
        try await self.eventLoop.flatSubmit { [core] in core.value.leave() }.get()
    }

    /// Stops serving as a crash does: what had not been stored yet is lost, with a store on disk the latest acks.
    package func kill() async throws {
        try await self.eventLoop.flatSubmit { [core] in core.value.leave(flushing: false) }.get()
    }

    /// Stops serving and begins again, on a connection of its own as a new process would.
    ///
    /// - Parameters:
    ///   - forgetting: whether clients, channels and subscriptions are lost, as with a memory store, or kept as with a file
    ///     store, which resets redelivery counts and the times at which messages are due. With a store on disk it is erased, or
    ///     read again.
    ///   - pause: how long nobody answers.
    package func restart(forgetting: Bool, after pause: TimeAmount = .zero) async throws {
        try await self.eventLoop.flatSubmit { [core] in core.value.leave() }.get()
        try await self.eventLoop.scheduleTask(in: pause) {}.futureResult.get()
        try await self.eventLoop.flatSubmit { [core] in core.value.launch(forgetting ? .forgetting : .keeping) }.get()
    }

    /// What `/streaming/...` of the real server says.
    ///
    /// - Parameters:
    ///   - path: with a slash in front.
    ///   - query: what comes after the question mark.
    /// - Returns: the status of the HTTP response and its body, of type `application/json` with a status of 200 and plain text
    ///   otherwise; nil when there is no such path.
    package func monitoring(path: String, query: String = "") async throws -> (status: Int, body: String)? {
        let monitor = try await self.eventLoop.submit { [core] in core.value.monitor() }.get()
        return monitor.response(path: path, query: query)
    }

    // MARK: Faults

    /// Changes what goes wrong on purpose; the change counts for what comes after.
    package func setFaults(_ change: @escaping @Sendable (inout DevServerFaults) -> Void) async throws {
        try await self.eventLoop.submit { [core] in change(&core.value.faults) }.get()
    }

    /// Ends a client's session without telling it: its next ping, publish or request is refused.
    package func forgetClient(_ id: String) async throws {
        try await self.eventLoop.submit { [core] in core.value.forgetClient(id) }.get()
    }

    /// Answers and sends nothing until ``resume()``, as a process that is stopped.
    package func pause() async throws {
        try await self.eventLoop.submit { [core] in core.value.pause() }.get()
    }

    /// Goes on, first with all that has come meanwhile.
    package func resume() async throws {
        try await self.eventLoop.submit { [core] in core.value.resume() }.get()
    }

    /// What the server holds at this moment, channels by name.
    package func channels() async throws -> [StanChannelStatus] {
        try await self.eventLoop.submit { [core] in core.value.channels() }.get()
    }
}
