/// Warnings about HTTP sinks: what others could read, and how a sink goes with the routes that use it.
struct HTTPAdvice {
    private struct HTTPSink {
        let name: String
        let http: Configuration.HTTPSink
        let source: Decoded<Configuration.Sink>
    }

    private let sinks: [HTTPSink]
    private let routes: [Decoded<Configuration.Route>]

    init(sinks: [Decoded<Configuration.Sink>], routes: [Decoded<Configuration.Route>]) {
        self.sinks = sinks.compactMap { sink in
            guard case .http(let http) = sink.value.kind else { return nil }
            return HTTPSink(name: sink.value.name, http: http, source: sink)
        }
        self.routes = routes
    }

    func reportWarnings() {
        for sink in self.sinks {
            self.checkSecrecy(of: sink)
            self.checkSigningSecrets(of: sink)
            self.checkLowSpeed(of: sink)
        }
        // The routes of a sink share its connections.
        var waiting: [String: Int] = [:]
        for route in self.routes {
            for name in route.value.to { waiting[name, default: 0] += Int(route.value.maxInflight) }
        }
        let sinks = Dictionary(self.sinks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for route in self.routes {
            for name in route.value.to {
                guard let sink = sinks[name] else { continue }
                DeliveryTimeAdvice(route: route, sink: name, http: sink.http, waiting: waiting[name, default: 0]).reportWarnings()
            }
            for name in route.value.allSinks {
                guard let sink = sinks[name], let batch = sink.http.batch else { continue }
                BatchAdvice(route: route, sink: name, batch: batch).reportWarnings()
            }
        }
    }

    private func checkSecrecy(of sink: HTTPSink) {
        let http = sink.http
        if http.tls.shared.skipsVerification {
            sink.source.at("tls", "insecure_skip_verify").warning(
                "whoever answers is taken for the endpoint, and is shown the messages"
            )
        }
        // A socket does not leave the machine.
        guard !http.url.isSecure, !HostAndPort.isLoopback(http.url.host), http.unixSocket == nil else { return }
        let advice = "(write \"https\" in \"url\")"
        switch http.authorization {
        case .basic:
            sink.source.at("basic").warning("the password is sent over plain HTTP: whoever is on the way can read it \(advice)")
        case .bearer:
            sink.source.at("bearer").warning("the token is sent over plain HTTP: whoever is on the way can read it \(advice)")
        case nil:
            if let name = http.headers.first(where: { $0.name.lowercased() == "authorization" })?.name {
                sink.source.at("headers", name).warning(
                    "the credentials are sent over plain HTTP: whoever is on the way can read them \(advice)"
                )
            }
        }
        if !http.signingSecrets.isEmpty {
            sink.source.at("sign").warning(
                "a signature does not hide anything: over plain HTTP, whoever is on the way can read the messages, and send them "
                    + "again \(advice)"
            )
        }
    }

    private func checkSigningSecrets(of sink: HTTPSink) {
        guard !sink.http.signingSecrets.isEmpty else { return }
        let least = SigningSecret.recommendedBytes.lowerBound
        let fields = sink.source.at("sign", "secrets").array() ?? []
        // Those with a prefix were checked when they were read.
        for (field, secret) in zip(fields, sink.http.signingSecrets) where secret.reveal().utf8.count < least {
            field.warning(
                "has fewer than \(least) bytes: a short secret can be guessed from what it signed (take \(least) to "
                    + "\(SigningSecret.recommendedBytes.upperBound) random bytes)"
            )
        }
    }
    /// A request that goes on too slowly has to be under way for that long to be ended for it.
    private func checkLowSpeed(of sink: HTTPSink) {
        guard let lowSpeed = sink.http.lowSpeed, lowSpeed.duration >= sink.http.timeout else { return }
        let timeout = DurationText.print(sink.http.timeout)
        sink.source.at("low_speed", "for").warning(
            "has no effect: the \"timeout\" of \(timeout) ends a request before it can have been slow for "
                + "\(DurationText.print(lowSpeed.duration)) (set it to less than the timeout)"
        )
    }
}
