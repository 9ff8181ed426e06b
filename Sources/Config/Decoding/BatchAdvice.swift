/// Whether batches of a sink can fill with what a route sends.
struct BatchAdvice {
    let route: Decoded<Configuration.Route>
    let sink: String
    let batch: Configuration.HTTPSink.Batch

    func reportWarnings() {
        // A batch of one is full at once.
        guard self.batch.maxMessages > 1 else { return }
        let wait = DurationText.print(self.batch.maxWait)
        let name = Quoted(self.sink)
        switch self.route.value.ordering {
        case .ordered:
            self.route.at("ordering").warning(
                "an ordered route sends one message at a time, so batches of the sink \(name) do not fill: each message waits for "
                    + "the \"max_wait\" of \(wait) (use a sink without \"batch\")"
            )
        case .key:
            self.route.at("ordering").warning(
                "a route in order by key sends one message of each key at a time, so batches of the sink \(name) only fill with "
                    + "as many keys: else each waits for the \"max_wait\" of \(wait) (use a sink without \"batch\")"
            )
        case .unordered:
            // Dead letters come one by one anyway.
            guard self.route.value.to.contains(self.sink), self.batch.maxMessages > Int(self.route.value.maxInflight) else {
                return
            }
            self.route.at("max_inflight").warning(
                "at most \(self.route.value.maxInflight) messages are in flight, so batches of the sink \(name) never have their "
                    + "\(self.batch.maxMessages): each waits for the \"max_wait\" of \(wait) (set \"max_inflight\" to "
                    + "\(self.batch.maxMessages) or more, or \"max_messages\" to \(self.route.value.maxInflight) or less)"
            )
        }
    }
}
