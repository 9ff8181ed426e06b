/// One attempt to deliver one message.
package struct Delivery: Sendable {
    package var envelope: Envelope

    /// Which attempt this is for this message and sink, from 1.
    package var attempt: UInt32

    /// Why the message comes to a dead-letter sink; nil for any other delivery.
    package var deadLetter: DeadLetter?

    package init(envelope: Envelope, attempt: UInt32, deadLetter: DeadLetter? = nil) {
        self.envelope = envelope
        self.attempt = attempt
        self.deadLetter = deadLetter
    }
}

/// Deliveries of one route handed to one sink together: as a rule, what came in one read of the socket.
package struct DeliveryBatch: Sendable {
    package let context: RouteContext

    /// The index of the sink in its route; goes back in the report.
    package let sink: Int

    package var deliveries: [Delivery]

    /// Whom to tell. Every delivery of the batch is reported exactly once, alone or with others, unless the sink is closed first.
    package let receiver: any DeliveryReceiver

    package init(context: RouteContext, sink: Int, deliveries: [Delivery], receiver: any DeliveryReceiver) {
        self.context = context
        self.sink = sink
        self.deliveries = deliveries
        self.receiver = receiver
    }
}

/// Takes the reports of sinks. Called on the sinks' own threads, and must not block.
package protocol DeliveryReceiver: AnyObject, Sendable {
    func finished(_ report: DeliveryReport)
}

/// Where messages go. A sink owns its I/O and its threads; it decides nothing about a message but says what became of it.
package protocol Sink: AnyObject, Sendable {
    /// The sink's name in the configuration.
    var name: String { get }

    /// Opens what has to be usable before the first message comes.
    ///
    /// - Throws: when the output cannot be used at all: the error says what and why.
    func open() throws(SinkError)

    /// Takes deliveries, in order, and returns at once. May be called on any thread between `open` and `close`.
    func deliver(_ batch: DeliveryBatch)

    /// How the sink stands.
    var condition: SinkCondition { get }

    /// The sink's own thread, where it has one that has to come round for messages to be delivered.
    var probe: ThreadProbe? { get }

    /// Opens files again that others may have given another name; goes on otherwise.
    func reopen()

    /// The daemon is about to stop: what waits for a sink that is known to be unusable is given back, reported as unavailable,
    /// rather than waited for. What works goes on.
    func drain()

    /// What this receiver has sent and the sink has not begun is given back, reported as unavailable; what it has begun it finishes
    /// soon. For a route that is about to change.
    func recall(for receiver: any DeliveryReceiver)

    /// Stops, giving up what has not been finished, and returns when nothing of the sink runs any more.
    /// What was given up is not reported.
    func close() async
}

extension Sink {
    package var condition: SinkCondition { SinkCondition() }
    package var probe: ThreadProbe? { nil }
    package func reopen() {}
    package func drain() {}
    package func recall(for receiver: any DeliveryReceiver) {}
}

/// A sink's output cannot be used.
package struct SinkError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
