/// Writes the bodies of requests that hold more than a message's own bytes.
struct HTTPBodyEncoder {
    private let format: HTTPSink.Configuration.Format
    private let batchFormat: HTTPSink.Configuration.Batching.Format?
    private var records = RecordEncoder(format: .json)

    init(format: HTTPSink.Configuration.Format, batchFormat: HTTPSink.Configuration.Batching.Format?) {
        self.format = format
        self.batchFormat = batchFormat
    }

    /// What all bodies are, where it does not depend on the message.
    var contentType: String? {
        switch (self.format, self.batchFormat) {
        case (.raw, _), (.cloudEvents, _): nil
        case (.json, nil), (.json, .jsonArray): "application/json"
        case (_, .ndjson): "application/x-ndjson"
        case (.cloudEventsStructured, nil): "application/cloudevents+json"
        case (.cloudEventsStructured, .jsonArray): "application/cloudevents-batch+json"
        }
    }

    /// Whether bodies are the messages' own bytes, which need not be written.
    var isVerbatim: Bool {
        switch self.format {
        case .raw, .cloudEvents: true
        case .json, .cloudEventsStructured: false
        }
    }

    mutating func encode(_ parcel: HTTPParcel, event: CloudEvent?, of context: RouteContext, into buffer: inout RecordBuffer) {
        switch parcel {
        case .single(let delivery):
            self.append(delivery, event: event, of: context, to: &buffer)
        case .batch(let deliveries):
            let isArray = self.batchFormat == .jsonArray
            for (index, delivery) in deliveries.enumerated() {
                if isArray { buffer.append(UInt8(ascii: index == 0 ? "[" : ",")) }
                self.append(delivery, event: event, of: context, to: &buffer)
                if !isArray { buffer.append(UInt8(ascii: "\n")) }
            }
            if isArray { buffer.append(UInt8(ascii: "]")) }
        }
    }

    private mutating func append(
        _ delivery: Delivery,
        event: CloudEvent?,
        of context: RouteContext,
        to buffer: inout RecordBuffer
    ) {
        if let event {
            return event.encode(delivery.envelope, deadLetter: delivery.deadLetter, of: context, into: &buffer)
        }
        // The envelope holds whatever bytes there are.
        guard (try? self.records.encode(delivery.envelope, of: context, deadLetter: delivery.deadLetter, into: &buffer)) != nil
        else { return }
        buffer.removeLast()
    }
}
