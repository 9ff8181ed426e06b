import Delivery
import FoundationEssentials
import Logging

/// Writes the log to stderr, one event a line, and never waits for whoever reads it.
struct ConsoleLogHandler: LogHandler {
    enum Format: Sendable {
        /// For people.
        case text
        /// For machines: one JSON object a line.
        case json
        /// For people who read the journal, which adds the time itself and takes the priority from a prefix.
        case journal
    }

    var metadata: Logger.Metadata = [:]
    private let choice: LogChoice
    /// A level of this logger's own.
    private var ownLevel: Logger.Level?
    private let output: LineOutput

    init(_ choice: LogChoice, output: LineOutput = .standardError) {
        self.choice = choice
        self.output = output
    }

    init(level: Logger.Level, format: Format, output: LineOutput = .standardError) {
        self.init(LogChoice(LogChoice.Values(level: level, format: format)), output: output)
    }

    var logLevel: Logger.Level {
        get { self.ownLevel ?? self.choice.current.level }
        set { self.ownLevel = newValue }
    }

    private var format: Format { self.choice.current.format }

    /// The format for `text`, depending on whether systemd's journal is what stderr is connected to.
    static var textFormat: Format { JournalStream.isStandardError ? .journal : .text }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let format = self.format
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
        self.output.write(Self.line(format, event.level, event.message, metadata)) { count in
            Self.line(
                format,
                .warning,
                "lines of the log were left out here: whoever reads it did not keep up",
                ["lines": "\(count)"]
            )
        }
    }

    private static func line(
        _ format: Format,
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ metadata: Logger.Metadata
    ) -> String {
        switch format {
        case .text: "\(Self.now().prefix(23))Z \(Self.name(level)) \(Self.text(message, metadata))"
        case .journal: "<\(Self.priority(level))>\(Self.text(message, metadata))"
        case .json: Self.json(level, message, metadata)
        }
    }

    private static func text(_ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var text = Self.oneLine("\(message)")
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let key = Self.oneLine(key)
            let value = Self.oneLine("\(value)")
            text +=
                value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) || value.isEmpty
                ? " \(key)=\"\(value.replacing("\"", with: "\\\""))\"" : " \(key)=\(value)"
        }
        return text
    }

    private static func json(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var fields = metadata.mapValues { "\($0)" }
        fields["time"] = Self.now()
        fields["level"] = level.rawValue
        fields["message"] = "\(message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A dictionary of strings always encodes.
        return (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// What comes from outside can neither begin a line of its own nor give orders to a terminal.
    private static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isControl($0) ? " " : $0 }))
    }

    /// The control characters of ASCII and of Latin-1, and Unicode's own line and paragraph separators.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func now() -> String {
        Timestamp.format(Int64(Date().timeIntervalSince1970 * 1e9))
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE  "
        case .debug: "DEBUG  "
        case .info: "INFO   "
        case .notice: "NOTICE "
        case .warning: "WARNING"
        case .error: "ERROR  "
        case .critical: "CRITICAL"
        }
    }

    /// As sd-daemon(3) has them.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
