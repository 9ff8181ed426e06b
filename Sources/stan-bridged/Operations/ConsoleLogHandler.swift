import Delivery
import FoundationEssentials
import Glibc
import Logging

/// Writes the log to stderr: one event a line, and each line in one write.
struct ConsoleLogHandler: LogHandler {
    enum Format: Sendable {
        /// For people.
        case text
        /// For machines: one JSON object a line.
        case json
        /// For people who read the journal, which adds the time itself and takes the priority from a prefix.
        case journal
    }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let format: Format
    private let descriptor: Int32

    init(level: Logger.Level, format: Format, descriptor: Int32 = STDERR_FILENO) {
        self.logLevel = level
        self.format = format
        self.descriptor = descriptor
    }

    /// The format for `text`, depending on whether systemd's journal is what stderr is connected to.
    static var textFormat: Format {
        // systemd gives device and inode of the stream's socket; the link under /proc names the inode of ours.
        guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }), let inode = stream.split(separator: ":").last
        else {
            return .text
        }
        var target = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/self/fd/2", &target, target.count)
        guard length > 0 else { return .text }
        return String(decoding: target.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self) == "socket:[\(inode)]"
            ? .journal : .text
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
        var line =
            switch self.format {
            case .text: "\(Self.now().prefix(23))Z \(Self.name(event.level)) \(Self.text(event.message, metadata))"
            case .journal: "<\(Self.priority(event.level))>\(Self.text(event.message, metadata))"
            case .json: Self.json(event, metadata)
            }
        line += "\n"
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let written = write(self.descriptor, rest.baseAddress, rest.count)
                // A log that cannot be written is nothing to stop for.
                if written < 0 && errno != EINTR { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, written)))
            }
        }
    }

    private static func text(_ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var text = PlainText.oneLine("\(message)")
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let key = PlainText.oneLine(key)
            let value = PlainText.oneLine("\(value)")
            text +=
                value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) || value.isEmpty
                ? " \(key)=\"\(value.replacing("\"", with: "\\\""))\"" : " \(key)=\(value)"
        }
        return text
    }

    private static func json(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var fields = metadata.mapValues { "\($0)" }
        fields["time"] = Self.now()
        fields["level"] = event.level.rawValue
        fields["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A dictionary of strings always encodes.
        return (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
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
    private static func priority(_ level: Logger.Level) -> Int {
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
