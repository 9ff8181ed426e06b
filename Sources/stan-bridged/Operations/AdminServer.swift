import Delivery
import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Answers operators over HTTP: is it alive, is it ready, what are its figures.
struct AdminServer: Service {
    var host: String
    var port: Int

    /// What a request has to bear as `Authorization: Bearer TOKEN`, if anything.
    var token: String?
    var status: @Sendable () async -> Bridge.Status
    var logger: Logger

    /// So many connections at once; others wait for one of them to end.
    private static let maximumConnections = 64

    /// What a request may have, and how long it, or a connection without one, may take. Far more than operators need.
    private static var limits: HTTP1Channel.Configuration {
        .init(
            additionalChannelHandlers: [AdminRequestGuard(timeLimit: .seconds(30))],
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 << 10,
                maxHeaderListSize: 16 << 10,
                maxHeaderFieldCount: 100
            )
        )
    }

    func run() async throws {
        let router = Router()
        if let token = self.token { router.add(middleware: BearerToken(token: token)) }
        router.get("/livez") { _, _ in Self.text("alive\n") }
        router.get("/readyz") { _, _ in
            let status = await self.status()
            let missing = Self.missing(status)
            return missing.isEmpty
                ? Self.text((["ready"] + Self.obstacles(status)).joined(separator: "\n") + "\n")
                : Self.text(missing.joined(separator: "\n") + "\n", status: .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            Self.text(MetricsText(await self.status()).text, type: "text/plain; version=0.0.4; charset=utf-8")
        }
        let logger = self.logger
        // The library's own lines are of no use to operators.
        var quiet = logger
        quiet.logLevel = .error
        let application = Application(
            router: router,
            server: .http1(configuration: Self.limits),
            configuration: .init(
                address: .hostname(self.host, port: self.port),
                serverName: "stan-bridged",
                availableConnectionsDelegate: .maximum(Self.maximumConnections, logger: quiet)
            ),
            onServerRunning: { channel in
                logger.info(
                    "admin address open",
                    metadata: ["address": "\(channel.localAddress.map { Self.text(of: $0) } ?? "?")"]
                )
            },
            logger: quiet
        )
        do {
            try await application.run()
        } catch let error as IOError {
            let reason = strerror(error.errnoCode).map { String(cString: $0) } ?? "\(error)"
            let address = HostAndPort.text(self.host, self.port)
            throw AdminServerError(description: "admin.listen: cannot listen on \(address): \(reason)")
        }
    }

    /// What keeps the bridge from being ready, a line each.
    static func missing(_ status: Bridge.Status) -> [String] {
        var missing: [String] = []
        if !status.session.isConnected { missing.append("not connected to NATS") }
        if !status.session.hasSession { missing.append("no STAN session") }
        if !missing.isEmpty, let trouble = status.session.trouble { missing.append(trouble) }
        for route in status.routes where !route.isSubscribed {
            missing.append("route \(route.name): not subscribed to \(route.channel)\(route.trouble.map { ": \($0)" } ?? "")")
        }
        return missing
    }

    /// What holds up ordered routes and sinks, a line each. They are as ready as they can be: what helps is at the other end.
    static func obstacles(_ status: Bridge.Status) -> [String] {
        let paused = status.sinks.filter(\.value.isPaused).keys.sorted().map { name in
            "sink \(name): paused, since the endpoint says that it is gone (410); what waits for it is kept"
        }
        return paused
            + status.routes.compactMap { route in
                route.obstacle.map { obstacle in
                    "route \(route.name): \(obstacle.isOfOneKey ? "messages of the same key wait" : "stopped")"
                        + " for message \(obstacle.sequence), which \(obstacle.sink) has not taken: \(obstacle.reason)"
                }
            }
    }

    private static func text(
        _ body: String,
        status: HTTPResponse.Status = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: body)))
    }

    private static func text(of address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "\(address)" }
        return HostAndPort.text(host, port)
    }
}

/// The admin address cannot be used.
struct AdminServerError: Error, CustomStringConvertible {
    let description: String
}

/// Lets nobody in who does not know the token.
private struct BearerToken<Context: RequestContext>: RouterMiddleware {
    let token: String

    // `@concurrent` because the library is built without `NonisolatedNonsendingByDefault`, and the types have to agree.
    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let given = request.headers[.authorization] ?? ""
        guard Self.equal(Array(given.utf8), Array("Bearer \(self.token)".utf8)) else {
            return Response(status: .unauthorized, headers: [.wwwAuthenticate: "Bearer"])
        }
        return try await next(request, context)
    }

    /// In a time that does not tell how much of a guess was right.
    private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
