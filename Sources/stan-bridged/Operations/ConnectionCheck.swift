import Config
import Delivery
import NATSTransport
import NIOCore
import NIOPosix
import StanCore

/// Reaches what a configuration names: the servers, and each endpoint that a route uses. Nothing is published, subscribed to or, but when
/// asked to, posted.
struct ConnectionCheck {
    struct Finding {
        let isGood: Bool
        let text: String

        var line: String { "\(self.isGood ? "ok  " : "FAIL")  \(self.text)" }
    }

    let configuration: Configuration

    /// Whether each endpoint is posted a message that says of itself that it is a test.
    let sendsTest: Bool

    /// Finds out everything, whatever fails, and tells each finding as soon as it is known.
    ///
    /// - Returns: whether all is good.
    func run(_ found: (Finding) -> Void) async -> Bool {
        var isGood = true
        func tell(_ finding: Finding) {
            isGood = isGood && finding.isGood
            found(finding)
        }
        tell(await self.server())
        for sink in self.configuration.sinks {
            guard case .http(let http) = sink.kind, let route = self.route(of: sink) else { continue }
            let settings = Wiring.http(http)
            let name = "sink \(sink.name), \(http.url)"
            let connected = await Self.endpoint(settings, name)
            tell(connected)
            if self.sendsTest, connected.isGood { tell(await self.test(sink.name, settings, name, route)) }
        }
        return isGood
    }

    private func route(of sink: Configuration.Sink) -> Configuration.Route? {
        self.configuration.routes.first { $0.allSinks.contains(sink.name) }
    }

    // MARK: Servers

    private func server() async -> Finding {
        var stan = Wiring.stan(self.configuration.stan)
        // The daemon may be running under its own.
        stan.clientID += "-check-\(UInt32.random(in: .min ... .max))"
        var nats = Wiring.nats(self.configuration)
        nats.name = stan.clientID
        let name = "NATS and the STAN cluster \(self.configuration.stan.clusterID)"
        do {
            let client = try await StanClient.connect(nats, configuration: stan)
            try? await client.close()
            return Finding(isGood: true, text: "\(name): connected")
        } catch {
            return Finding(isGood: false, text: "\(name): \(error)")
        }
    }

    // MARK: Endpoints

    private static func endpoint(_ settings: HTTPSink.Configuration, _ name: String) async -> Finding {
        do {
            switch try await HTTPProbe(settings).connect() {
            case .connected(nil): return Finding(isGood: true, text: "\(name): connected")
            case .connected(let expiry?):
                return Finding(isGood: true, text: "\(name): connected, certificate valid until \(expiry)")
            case .failed(let reason): return Finding(isGood: false, text: "\(name): \(reason)")
            }
        } catch {
            return Finding(isGood: false, text: "\(name): \(error)")
        }
    }

    private func test(_ sinkName: String, _ settings: HTTPSink.Configuration, _ name: String, _ route: Configuration.Route) async
        -> Finding
    {
        var settings = settings
        settings.isTest = true
        settings.breaker = nil
        do {
            let engine = try CurlEngine()
            let sink = HTTPSink(name: sinkName, configuration: settings, engine: engine)
            try sink.open()
            let context = RouteContext(
                route: route.name,
                channel: route.channel,
                cluster: self.configuration.stan.clusterID,
                clientID: self.configuration.stan.clientID
            )
            let failure = await Self.post(to: sink, context)
            await sink.close()
            await engine.shutdown()
            return Finding(
                isGood: failure == nil,
                text: "\(name): \(failure.map { "the test message: \($0)" } ?? "took the test message")"
            )
        } catch {
            return Finding(isGood: false, text: "\(name): \(error)")
        }
    }

    /// A message with the sequence 0, which no message of a channel has.
    private static func post(to sink: HTTPSink, _ context: RouteContext) async -> String? {
        await withCheckedContinuation { continuation in
            let receiver = ReplayReceiver(count: 1) { continuation.resume(returning: $0[0]) }
            let envelope = Envelope(
                sequence: 0,
                timestamp: WallClock.now,
                redelivered: false,
                body: ByteBuffer(string: #"{"test":true}"#)
            )
            sink.deliver(
                DeliveryBatch(
                    context: context,
                    sink: 0,
                    deliveries: [Delivery(envelope: envelope, attempt: 1)],
                    receiver: receiver
                )
            )
        }
    }
}
