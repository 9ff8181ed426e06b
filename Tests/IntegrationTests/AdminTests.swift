import Foundation
import TestSupport
import Testing

extension DaemonTests {
    /// The admin address.
    @Suite("Admin address")
    struct AdminTests {
        private static let paths = ["/livez", "/readyz", "/metrics", "/status", "/"]

        /// A daemon for which nothing else need be there.
        private static func daemon(_ directory: TestDirectory, admin: String) throws -> DaemonProcess {
            var config = BridgeConfig(client: "bridge")
            config.admin = admin
            config.addFile("file", path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"])
            return try DaemonProcess.launch(config, in: directory)
        }

        @Test(
            "every path answers what it is for; every line of the metrics is in Prometheus's grammar, and promtool objects to none"
        )
        func admin() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { $0.attempt == 1 ? .status(503) : .status(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("ho\\\"ok", receiver.url, #", "circuit_breaker": false"#)
                config.addFile("file", path: "out.ndjson")
                config.addRoute(
                    "ro\\\\ute",
                    channel: channel,
                    to: ["ho\\\"ok", "file"],
                    #", "retry": { "initial": "50ms" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(10, to: channel)
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") >= 10 }

                #expect(try await daemon.get("/livez").body == "alive\n")
                #expect(try await daemon.get("/readyz").body == "ready\n")
                let metrics = try await daemon.get("/metrics")
                #expect(metrics.head.lowercased().contains("content-type: text/plain; version=0.0.4"))
                for line in PrometheusText.badLines(metrics.body) { Issue.record("not a line of Prometheus: \(line)") }
                #expect(try await daemon.metric("messages_delivered_total", #"sink="ho\"ok""#, #"route="ro\\ute""#) == 10)
                #expect(try await daemon.metric("delivery_failures_total", #"reason="retry""#) == 10)
                #expect(try await daemon.metric("session_up") == 1)
                #expect(try await daemon.metric("subscribed") == 1)
                #expect(try await daemon.metric("in_flight") == 0)
                // An attempt that failed is one that took its time; a message comes once to each sink.
                #expect(try await daemon.metric("delivery_seconds_count", #"sink="ho\"ok""#) == 20)
                #expect(try await daemon.metric("delivery_seconds_count", #"sink="file""#) == 10)
                #expect(try await daemon.metric("end_to_end_seconds_count", #"sink="ho\"ok""#) == 10)
                #expect(try await daemon.metric("end_to_end_seconds_bucket", #"le="+Inf""#, #"sink="ho\"ok""#) == 10)
                // Each waited for its second attempt, which came no sooner than after 40 ms.
                #expect(try await daemon.metric("end_to_end_seconds_bucket", #"le="0.025""#, #"sink="ho\"ok""#) == 0)
                #expect(try await daemon.metric("end_to_end_seconds_sum", #"sink="ho\"ok""#) >= 0.4)
                try await Self.promtool(metrics.body)

                let status = try await daemon.get("/status")
                #expect(status.head.lowercased().contains("content-type: application/json"))
                #expect(status.body.contains(#""acked":10,"#), "\(status.body)")
                #expect(status.body.contains(#""state":"subscribed""#), "\(status.body)")
                #expect(status.body.contains(#""cluster":"\#(server.clusterID)","connected":true,"#), "\(status.body)")
                #expect(!status.body.contains(":\(receiver.port)"), "where sinks point to is nobody's business: \(status.body)")
                #expect(await daemon.terminate() == .status(0))
            }
        }

        private static func promtool(_ metrics: String) async throws {
            let promtool = try #require(TestProgram.path(of: "promtool"), "scripts/install-dependencies installs it")
            let program = TestProgram.start(command: [promtool, "check", "metrics"], input: metrics)
            #expect(await program.end() == .status(0))
            #expect(program.output + program.errors == "")
        }

        @Test("HEAD gives the head of what GET gives, and a path that there is not gives 404, whatever is asked of it")
        func head() async throws {
            let directory = try TestDirectory()
            let daemon = try Self.daemon(directory, admin: #"{ "listen": "127.0.0.1:0" }"#)
            let port = try await daemon.adminPort()
            for path in Self.paths {
                let (get, head) = (try await daemon.get(path), try await HTTPGet.get(path, port: port, method: "HEAD"))
                #expect(head.status == get.status, "\(path)")
                #expect(head.body == "", "\(path)")
                #expect(!get.body.isEmpty, "\(path)")
                #expect(head.head.lowercased().contains("cache-control: no-store"), "\(head.head)")
            }
            for path in ["/nothing", "/livez/x", "/%2e%2e/etc/passwd"] {
                for method in ["GET", "HEAD"] {
                    #expect(try await HTTPGet.get(path, port: port, method: method).status == 404, "\(method) \(path)")
                }
            }
            for path in Self.paths {
                let answer = try await HTTPGet.get(path, port: port, method: "POST")
                #expect([404, 405].contains(answer.status), "\(path)")
            }
            #expect(await daemon.terminate() == .status(0))
        }

        @Test("the page comes with a policy that lets nothing else in, and is told not to be kept")
        func page() async throws {
            let directory = try TestDirectory()
            let daemon = try Self.daemon(directory, admin: #"{ "listen": "127.0.0.1:0" }"#)
            let page = try await daemon.get("/")
            let head = page.head.lowercased()
            #expect(page.status == 200)
            #expect(page.body.hasPrefix("<!doctype html>"))
            for line in [
                "content-type: text/html; charset=utf-8", "content-security-policy: default-src 'none'; script-src 'nonce-",
                "x-content-type-options: nosniff", "referrer-policy: no-referrer", "cache-control: no-store",
            ] {
                #expect(head.contains(line), "\(line) in \(head)")
            }
            #expect(await daemon.terminate() == .status(0))
        }

        @Test("with a token, everything but /livez needs it; the page is there to ask for it, and tells nothing")
        func token() async throws {
            let directory = try TestDirectory()
            let daemon = try Self.daemon(directory, admin: #"{ "listen": "127.0.0.1:0", "token": "open-sesame" }"#)
            let port = try await daemon.adminPort()
            for path in Self.paths + ["/nothing", "/livez/", "/livez/../status", "//livez"] where path != "/livez" {
                for token in [nil, "open-sesamf", "open-sesam", "open-sesamee", ""] {
                    for method in ["GET", "HEAD", "POST"] {
                        let answer = try await HTTPGet.get(path, port: port, token: token, method: method)
                        #expect(answer.status == 401, "\(method) \(path) \(token ?? "")")
                        #expect(answer.head.lowercased().contains("www-authenticate: bearer"))
                        #expect(!answer.body.contains("orders"))
                        #expect(method != "HEAD" || answer.body == "")
                    }
                }
            }
            #expect(try await daemon.get("/livez").status == 200)
            let page = try await daemon.get("/")
            #expect(page.body.contains(#"<input id="token" type="password""#))
            #expect(page.head.lowercased().contains("content-security-policy: "))
            for (path, status) in [
                ("/livez", 200), ("/readyz", 503), ("/metrics", 200), ("/status", 200), ("/", 200), ("/nothing", 404),
            ] {
                #expect(try await daemon.get(path, token: "open-sesame").status == status, "\(path)")
            }
            #expect(await daemon.terminate() == .status(0))
            #expect(!daemon.program.errors.contains("open-sesame"))
        }
    }
}
