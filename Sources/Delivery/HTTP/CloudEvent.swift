import NIOCore

/// Messages as CloudEvents 1.0: the attributes that both ways of writing one down share.
///
/// `id` is the sequence and `source` is `/stan/CLUSTER/CHANNEL`, which together name one message for ever.
struct CloudEvent: Sendable {
    /// The JSON object up to the sequence, for one route.
    private let opening: [UInt8]

    /// What does not differ within a route, as header lines.
    let routeLines: [String]

    init(type: String, context: RouteContext) {
        let source = "/stan/\(HTTPText.pathEncoded(context.cluster))/\(HTTPText.pathEncoded(context.channel))"
        self.routeLines = [
            HTTPRequestBuilder.line("ce-specversion", "1.0"),
            HTTPRequestBuilder.line("ce-type", HTTPText.headerEncodedAttribute(type)),
            HTTPRequestBuilder.line("ce-source", HTTPText.headerEncodedAttribute(source)),
        ]
        var buffer = RecordBuffer()
        buffer.append("{\"specversion\":\"1.0\",\"type\":")
        buffer.append(jsonString: type)
        buffer.append(",\"source\":")
        buffer.append(jsonString: source)
        buffer.append(",\"id\":\"")
        self.opening = Array(buffer.bytes)
    }

    /// Appends the event as a JSON object on one line, without a newline behind it.
    ///
    /// The body is `data` where it is JSON, else `data_base64`: receivers get the very bytes either way, but for line breaks between
    /// JSON's tokens, which become spaces.
    func encode(_ envelope: Envelope, deadLetter: DeadLetter?, of context: RouteContext, into buffer: inout RecordBuffer) {
        buffer.append(self.opening)
        buffer.append(decimal: envelope.sequence)
        buffer.append("\",\"time\":\"")
        buffer.append(atMost: Timestamp.length) { Timestamp.write(envelope.timestamp, to: $0) }
        buffer.append("\",")
        if envelope.redelivered { buffer.append("\"stanredelivered\":true,") }
        if let deadLetter {
            buffer.append("\"deadletterroute\":")
            buffer.append(jsonString: context.route)
            buffer.append(",\"deadlettersink\":")
            buffer.append(jsonString: context.sinkName(deadLetter.sink))
            buffer.append(",\"deadletterreason\":")
            buffer.append(jsonString: deadLetter.reason)
            buffer.append(",\"deadletterattempts\":")
            buffer.append(decimal: UInt64(deadLetter.attempts))
            buffer.append(",")
        }
        envelope.body.withUnsafeReadableBytes { Self.append(data: $0, to: &buffer) }
        buffer.append(UInt8(ascii: "}"))
    }

    private static func append(data body: UnsafeRawBufferPointer, to buffer: inout RecordBuffer) {
        switch JSONText.check(body) {
        case .valid(let isSingleLine):
            buffer.append("\"datacontenttype\":\"application/json\",\"data\":")
            let start = buffer.count
            buffer.append(body)
            if !isSingleLine { buffer.replaceLineBreaks(from: start) }
        case .invalid:
            buffer.append("\"datacontenttype\":\"application/octet-stream\",\"data_base64\":\"")
            buffer.append(base64: body)
            buffer.append(UInt8(ascii: "\""))
        }
    }
}
