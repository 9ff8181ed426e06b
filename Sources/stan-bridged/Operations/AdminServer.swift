import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Answers operators over HTTP: is it alive, is it ready, what are its figures, how does it stand.
struct AdminServer: Service {
    var host: String
    var port: Int

    /// What a request has to bear as `Authorization: Bearer TOKEN`, if anything; but for `/livez`.
    var token: String?

    /// Where lags come from, if from anywhere.
    var lagMonitor: LagMonitor?
    var status: @Sendable () async -> Bridge.Status

    /// Is called when the address is open.
    var onOpen: @Sendable () -> Void = {}
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
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let lagMonitor {
                group.addTask { await cancelWhenGracefulShutdown { await lagMonitor.run { await self.status().routes } } }
            }
            try await self.serve()
            group.cancelAll()
        }
    }

    private func serve() async throws {
        let (logger, onOpen) = (self.logger, self.onOpen)
        // The library's own lines are of no use to operators.
        var quiet = logger
        quiet.logLevel = .error
        let application = Application(
            router: self.router,
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
                onOpen()
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

    // MARK: Paths

    private var router: Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        if let token = self.token { router.add(middleware: BearerToken(token: token)) }
        router.get("/livez") { _, _ in AdminAnswer.text("alive\n") }
        router.get("/readyz") { _, _ in
            let status = await self.current
            let missing = status.missing
            return missing.isEmpty
                ? AdminAnswer.text((["ready"] + status.obstacles).joined(separator: "\n") + "\n")
                : AdminAnswer.text(missing.joined(separator: "\n") + "\n", status: .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            AdminAnswer.text(MetricsText(await self.current).text, type: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/status") { _, _ in
            let report = StatusReport(await self.current, clock: WallClock.now, now: .now())
            return AdminAnswer.bytes(report.json + [UInt8(ascii: "\n")], type: "application/json")
        }
        router.get("/") { _, _ in AdminAnswer.page() }
        return router
    }

    private var current: Bridge.Status {
        get async {
            var status = await self.status()
            status.lagTrouble = self.lagMonitor?.trouble
            for index in status.routes.indices { status.routes[index].lag = self.lagMonitor?.lag(of: status.routes[index].name) }
            return status
        }
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

/// What the admin address answers with: of this moment, and for nobody to keep.
private enum AdminAnswer {
    static func text(
        _ body: String,
        status: HTTPResponse.Status = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Self.bytes(Array(body.utf8), status: status, type: type)
    }

    static func bytes(_ body: [UInt8], status: HTTPResponse.Status = .ok, type: String) -> Response {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func page(status: HTTPResponse.Status = .ok) -> Response {
        let page = StatusPage()
        var response = Self.text(page.text, status: status, type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] = page.policy
        if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
        return response
    }
}

/// Lets nobody in who does not know the token, but to be told that the process is alive.
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
        guard request.uri.path == "/livez" || Self.equal(Array(given.utf8), Array("Bearer \(self.token)".utf8)) else {
            return Self.refusal(request)
        }
        return try await next(request, context)
    }

    private static func refusal(_ request: Request) -> Response {
        // The page tells nothing by itself: it asks for the token, and then for what it shows.
        let isPage = request.uri.path == "/" && (request.method == .get || request.method == .head)
        var response =
            isPage
            ? AdminAnswer.page(status: .unauthorized)
            : AdminAnswer.text("The admin token is needed: Authorization: Bearer TOKEN\n", status: .unauthorized)
        response.headers[.wwwAuthenticate] = "Bearer"
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// In a time that does not tell how much of a guess was right.
    private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
