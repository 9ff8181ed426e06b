extension Configuration.Route {
    private static let maximumSinks = 32

    static func decodeAll(_ field: Field, sinkNames: Set<String>) -> [Decoded<Self>] {
        guard let elements = field.array() else { return [] }
        if elements.isEmpty { field.error("must have at least one route") }
        return elements.compactMap { element in
            Self.decode(element, sinkNames: sinkNames).map { Decoded(value: $0, field: element) }
        }
    }

    private static func decode(_ field: Field, sinkNames: Set<String>) -> Self? {
        guard let reader = field.object() else { return nil }
        let name = reader.required("name", "a name of your own, for logs and metrics")?.parsed(by: NameText.parse)
        let channel = reader.required("channel", "the channel to read")?.parsed(by: SubjectText.channel)
        let durableField = reader["durable_name"]
        let durableName = durableField?.text()
        let queue = reader["queue"]?.parsed(by: Self.queue)
        if let durableField, let durableName, queue != nil, durableName.utf8.contains(UInt8(ascii: ":")) {
            durableField.error("must not have a ':' beside \"queue\", not \(Quoted(durableName)): the server refuses it")
        }
        let startAt = reader["start_at"].flatMap(Configuration.StartPosition.decode)
        let maxInflight = reader["max_inflight"]?.integer(in: 1...Int32.max)
        let ackWait = reader["ack_wait"]?.wholeSeconds()
        let to = reader.required("to", "a list of sink names")?.sinkReferences(among: sinkNames, atMost: Self.maximumSinks)
        let ordering = reader["ordering"].flatMap(Configuration.Ordering.decode)
        let when = reader["when"].flatMap(Configuration.Condition.decode)
        let retryField = reader["retry"]
        let retry = retryField.map(Configuration.Retry.decode) ?? .standard
        let deadLetterField = reader["dead_letter"]
        let deadLetter = deadLetterField?.sinkReference(among: sinkNames)
        reader.finish()
        if let deadLetterField, let deadLetter, to?.contains(deadLetter) == true {
            deadLetterField.error("is one of the sinks in \"to\", whose failures it is there for (name another)")
        }
        if let retryField, retry.maxAttempts > 0, deadLetterField == nil {
            Decoded(value: retry, field: retryField).at("max_attempts").error(
                "needs a \"dead_letter\" beside \"retry\": after the last attempt the message would have to be dropped "
                    + "(name a sink that keeps it, or leave this out to try for ever)"
            )
        }

        guard let name, let channel, let to else { return nil }
        return Self(
            name: name,
            channel: channel,
            durableName: durableName,
            queue: queue,
            startAt: startAt ?? .newOnly,
            maxInflight: maxInflight ?? 1024,
            ackWait: ackWait ?? .seconds(30),
            to: to,
            ordering: ordering ?? .unordered,
            when: when,
            retry: retry,
            deadLetter: deadLetter
        )
    }

    private static func queue(_ text: String) throws(TextProblem) -> String {
        if text.utf8.contains(UInt8(ascii: ":")) {
            throw TextProblem("must not have a ':', not \(Quoted(text)): the server uses it between durable and queue name")
        }
        return text
    }
}

extension Field {
    /// The names of sinks that exist, none twice.
    fileprivate func sinkReferences(among names: Set<String>, atMost maximum: Int) -> [String]? {
        guard let elements = self.array() else { return nil }
        if elements.isEmpty || elements.count > maximum {
            self.error("must name from 1 to \(maximum) sinks, not \(elements.count)")
            return nil
        }
        var seen: Set<String> = []
        for element in elements {
            guard let name = element.sinkReference(among: names) else { continue }
            if !seen.insert(name).inserted {
                element.error("names the sink \(Quoted(name)) a second time (remove it)")
            }
        }
        return Array(elements.compactMap { $0.value.content.text })
    }

    /// The name of a sink that exists.
    fileprivate func sinkReference(among names: Set<String>) -> String? {
        guard let name = self.string("the name of a sink") else { return nil }
        guard names.contains(name) else {
            self.error(Self.unknownSink(name, among: names))
            return nil
        }
        return name
    }

    private static func unknownSink(_ name: String, among names: Set<String>) -> String {
        if let meant = Suggestion.closest(to: name, among: names.sorted()) {
            return "there is no sink \(Quoted(name)) (did you mean \(Quoted(meant))?)"
        }
        let known = names.sorted().prefix(8).map { Quoted($0).description }.joined(separator: ", ")
        return "there is no sink \(Quoted(name)) (\(names.isEmpty ? "there are none" : "there are: \(known)"))"
    }
}

extension JSONValue.Content {
    fileprivate var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
