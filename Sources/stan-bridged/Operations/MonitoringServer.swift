import DevServer
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Shows what the development server holds, at the paths and in the form of a real one: `/streaming/channelsz` and its relatives.
struct MonitoringServer: Service {
    let server: DevServer
    let port: Int
    let logger: Logger

    func run() async throws {
        let router = Router()
        router.get("/streaming/**") { request, _ in
            let answer = try await self.server.monitoring(path: request.uri.path, query: request.uri.query ?? "")
            guard let answer else { return Response(status: .notFound) }
            return Response(
                status: .init(code: answer.status),
                headers: [.contentType: answer.status == 200 ? "application/json" : "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: answer.body))
            )
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: self.port), serverName: "stan-bridged"),
            onServerRunning: { channel in
                complain(
                    "Monitoring on http://127.0.0.1:\(channel.localAddress?.port ?? 0)/streaming/channelsz?subs=1",
                    level: .notice
                )
            },
            logger: Logger(label: "monitoring") { _ in SwiftLogNoOpLogHandler() }
        )
        try await application.run()
    }
}
