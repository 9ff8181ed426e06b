/// What the body of a request is made of: the keys that only make sense together.
struct HTTPBody {
    let format: Configuration.HTTPSink.Format
    let eventType: String
    let batch: Configuration.HTTPSink.Batch?

    init(_ reader: ObjectReader) {
        let formatField = reader["format"]
        let eventTypeField = reader["event_type"]
        let batchField = reader["batch"]
        let format = formatField?.choice(Configuration.HTTPSink.Format.self)
        let eventType = eventTypeField?.parsed("a string such as \"com.example.order\"", by: Self.eventType)
        self.batch = batchField.flatMap(Configuration.HTTPSink.Batch.decode)
        self.format = format ?? (batchField == nil ? .raw : .json)
        self.eventType = eventType ?? "stan.message"

        let isEvent = [.cloudevents, .cloudeventsStructured].contains(self.format)
        // What a format that cannot be read was meant to be is not known.
        if let eventTypeField, !isEvent, formatField == nil || format != nil {
            eventTypeField.error("needs a \"format\" that has one: \"cloudevents\" or \"cloudevents_structured\"")
        }
        if let formatField, let format, batchField != nil, [.raw, .cloudevents].contains(format) {
            formatField.error(
                "cannot be \(Quoted(format.rawValue)) with \"batch\": each element of a batch has to say what it is "
                    + "(write \"json\" or \"cloudevents_structured\")"
            )
        }
    }

    private static func eventType(_ text: String) throws(TextProblem) -> String {
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw TextProblem("must be printable ASCII characters")
        }
        return text
    }
}
