/// Which headers cannot be set because something else of a sink sets them.
struct TakenHeaders {
    /// What the daemon or libcurl writes itself, or what changes how a connection is used. `Host` is not among them: it is how a
    /// virtual host behind a plain address is reached.
    private static let always: Set<String> = [
        "connection", "content-encoding", "content-length", "expect", "idempotency-key", "keep-alive", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade",
    ]

    private let keys: Set<String>
    private let format: Configuration.HTTPSink.Format

    /// - Parameter keys: those that the sink has, whatever their values are.
    init(keys: [String], format: Configuration.HTTPSink.Format) {
        self.keys = Set(keys)
        self.format = format
    }

    /// A token of RFC 9110, section 5.6.2, that is the user's to set.
    func check(_ name: String) throws(TextProblem) {
        let isToken = name.utf8.allSatisfy { $0.isASCIILetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }
        guard isToken, !name.isEmpty else {
            throw TextProblem("is not a header name (letters, digits and '-')")
        }
        let folded = name.lowercased()
        if folded.hasPrefix("stan-") || Self.always.contains(folded) {
            throw TextProblem("the header cannot be set here: it is part of how messages are sent (remove it)")
        }
        if let setting = self.setting(of: folded) {
            throw TextProblem("the header cannot be set beside \(setting), which sets it (keep one of the two)")
        }
    }

    /// The setting of the sink that writes a header, as it stands in the file.
    private func setting(of name: String) -> String? {
        switch name {
        case "webhook-id", "webhook-timestamp", "webhook-signature":
            return self.keys.contains("sign") ? "\"sign\"" : nil
        case "authorization":
            return ["basic", "bearer"].first(where: self.keys.contains).map { "\"\($0)\"" }
        case "content-type":
            if self.keys.contains("batch") { return "\"batch\"" }
            return self.format == .cloudeventsStructured ? "\"format\": \"cloudevents_structured\"" : nil
        default:
            return self.format == .cloudevents && name.hasPrefix("ce-") ? "\"format\": \"cloudevents\"" : nil
        }
    }
}
