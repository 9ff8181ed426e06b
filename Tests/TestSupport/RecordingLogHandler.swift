package import Logging
import Synchronization

/// Keeps the lines that were logged, as `level message key=value …` with the keys in order.
package final class LogRecorder: Sendable {
    private let entries = Mutex<[String]>([])

    package init() {}

    package var lines: [String] { self.entries.withLock { $0 } }

    /// A logger of level trace that writes here.
    package var logger: Logger {
        Logger(label: "test", factory: { _ in RecordingLogHandler(recorder: self) })
    }

    fileprivate func append(_ line: String) { self.entries.withLock { $0.append(line) } }
}

private struct RecordingLogHandler: LogHandler {
    let recorder: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(recorder: LogRecorder) {
        self.recorder = recorder
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = self.metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        self.recorder.append("\(event.level) \(event.message)\(pairs)")
    }
}
