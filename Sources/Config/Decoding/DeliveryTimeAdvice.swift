/// Compares how long the messages of a route can take to an HTTP sink with how long the server waits for their acks.
struct DeliveryTimeAdvice {
    let route: Decoded<Configuration.Route>
    let sink: String
    let http: Configuration.HTTPSink

    /// How many messages can be in flight to the sink, over all routes.
    let waiting: Int

    private static let consequence = "the server then sends messages again that are still in delivery, and the copies are dropped"

    func reportWarnings() {
        if !self.checkOneRequest() { self.checkAll() }
    }

    /// - Returns: whether there was a warning.
    private func checkOneRequest() -> Bool {
        let ackWait = self.route.value.ackWait
        let timeout = DurationText.print(self.http.timeout)
        if let batch = self.http.batch, ackWait <= batch.maxWait + self.http.timeout {
            let worst = batch.maxWait + self.http.timeout
            self.route.at("ack_wait").warning(
                "the ack wait of \(DurationText.print(ackWait)) is not longer than the \(DurationText.print(worst)) that a message "
                    + "to the sink \(Quoted(self.sink)) may take, \(DurationText.print(batch.maxWait)) for its batch and \(timeout) "
                    + "for the request: \(Self.consequence) (set \"ack_wait\" to "
                    + "\(DurationText.print(.seconds(worst.components.seconds + 1))) or more)"
            )
            return true
        }
        guard ackWait < self.http.timeout else { return false }
        self.route.at("ack_wait").warning(
            "the ack wait of \(DurationText.print(ackWait)) is shorter than the \(timeout) that one request to the sink "
                + "\(Quoted(self.sink)) may take: \(Self.consequence) (set \"ack_wait\" to "
                + "\(DurationText.print(Self.wholeSeconds(self.http.timeout))) or more)"
        )
        return true
    }

    private func checkAll() {
        let timeout = self.http.timeout
        let ackWait = self.route.value.ackWait
        let messages = self.http.batch?.maxMessages ?? 1
        let together = self.http.concurrency * messages
        // The bound keeps the product within what a duration can print.
        let rounds = (min(self.waiting, 1 << 40) + together - 1) / together
        let worst = timeout * rounds
        guard worst > ackWait else { return }
        let fitting = together * Int(ackWait / timeout)
        let content = messages == 1 ? "" : " with \(messages) messages each"
        self.route.at("max_inflight").warning(
            "the \(self.waiting) messages that can be in flight to the sink \(Quoted(self.sink)) take up to "
                + "\(DurationText.print(worst)) (\(rounds) rounds of \(self.http.concurrency) requests of "
                + "\(DurationText.print(timeout))\(content)), longer than the ack wait of \(DurationText.print(ackWait)): "
                + "when the endpoint is that slow, \(Self.consequence) (at most \(fitting) in flight would fit)"
        )
    }

    private static func wholeSeconds(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        return .seconds(seconds + (attoseconds > 0 ? 1 : 0))
    }
}
