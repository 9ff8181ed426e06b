import Foundation
import Logging
import Testing

@testable import stan_bridged

@Suite("Console log")
struct ConsoleLogHandlerTests {
    /// What the handler writes while the body logs.
    private static func lines(
        _ format: ConsoleLogHandler.Format,
        level: Logger.Level = .trace,
        _ body: (Logger) -> Void
    ) throws -> [String] {
        let pipe = Pipe()
        let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        body(Logger(label: "test") { _ in ConsoleLogHandler(level: level, format: format, output: output) })
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test("text has time, level, message, and what belongs to it in the order of the keys")
    func text() throws {
        let lines = try Self.lines(.text) { logger in
            var logger = logger
            logger[metadataKey: "route"] = "orders"
            logger.warning("a delivery failed", metadata: ["sink": "hook", "reason": "HTTP 500: \"no\"", "empty": ""])
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING a delivery failed .*/) != nil, "\(line)")
        #expect(line.hasSuffix(#" empty="" reason="HTTP 500: \"no\"" route=orders sink=hook"#), "\(line)")
    }

    @Test("the journal gets the priorities of sd-daemon(3), and no time of ours")
    func journal() throws {
        let levels: [(Logger.Level, Int)] = [
            (.trace, 7), (.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3), (.critical, 2),
        ]
        let lines = try Self.lines(.journal) { logger in
            for (level, _) in levels { logger.log(level: level, "words", metadata: ["key": "value"]) }
        }
        #expect(lines == levels.map { "<\($0.1)>words key=value" })
    }

    @Test(
        "nothing from outside can begin a line of its own",
        arguments: ["\n", "\r\n", "\r", "\u{0}", "\u{1b}[2K", "\u{7f}", "\u{85}", "\u{2028}"]
    )
    func controlCharacters(_ text: String) throws {
        for format in [ConsoleLogHandler.Format.text, .journal, .json] {
            let lines = try Self.lines(format) { logger in
                logger.error("before\(text)<0>forged", metadata: ["k\(text)ey": "va\(text)lue"])
            }
            #expect(lines.count == 1)
            let scalars = lines.joined().unicodeScalars
            #expect(scalars.allSatisfy { $0.value >= 0x20 }, "\(lines)")
            // In JSON the others are text like any.
            if format != .json { #expect(!scalars.contains { 0x7f...0x9f ~= $0.value || $0.value == 0x2028 }, "\(lines)") }
        }
    }

    @Test("JSON is one object a line, and gives back what was logged")
    func json() throws {
        let text = "a \"quote\", a \\, a\nnewline, \u{1F600} and \u{0}"
        let lines = try Self.lines(.json) { $0.error("\(text)", metadata: ["reason": "\(text)", "path": "/a/b"]) }
        let object = try JSONDecoder().decode([String: String].self, from: Data(try #require(lines.first).utf8))
        #expect(lines.count == 1)
        #expect(object["message"] == text)
        #expect(object["reason"] == text)
        #expect(object["level"] == "error")
        #expect(object["time"]?.hasSuffix("Z") == true)
        #expect(lines.first?.contains("/a/b") == true)
    }

    @Test("what is below the level is not written")
    func level() throws {
        let lines = try Self.lines(.journal, level: .warning) { logger in
            logger.info("no")
            logger.warning("yes")
        }
        #expect(lines == ["<4>yes"])
    }

    @Test("lines that were left out are told of in the same form, at the place where they are missing")
    func leftOut() async throws {
        let formats: [(ConsoleLogHandler.Format, Regex<Substring>)] = [
            (.text, #/\d{4}-.*Z WARNING lines of the log were left out here: .* lines=\d+/#),
            (.journal, #/<4>lines of the log were left out here: .* lines=\d+/#),
            (.json, #/\{"level":"warning","lines":"\d+","message":"lines of the log were left out here: .*/#),
        ]
        for (format, notice) in formats {
            let pipe = Pipe()
            let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor, limit: 10_000)
            let logger = Logger(label: "test") { _ in ConsoleLogHandler(level: .info, format: format, output: output) }
            // More than a pipe and the output hold.
            for index in 0..<3000 { logger.info("a line of a log, of a usual length", metadata: ["index": "\(index)"]) }
            let text = Task.detached { String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
            output.flush(milliseconds: 10_000)
            try pipe.fileHandleForWriting.close()
            let lines = await text.value.split(separator: "\n")
            #expect(lines.last?.wholeMatch(of: notice) != nil, "\(lines.last ?? "")")
        }
    }

    @Test("the journal is told by device and inode of what is written to")
    func journalStream() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        #expect(JournalStream.isNamed(by: "\(status.st_dev):\(status.st_ino)", descriptor))
        for other in ["\(status.st_dev + 1):\(status.st_ino)", "\(status.st_dev):\(status.st_ino)1", "\(status.st_ino)", ":", ""]
        {
            #expect(!JournalStream.isNamed(by: other, descriptor), "\(other)")
        }
        #expect(!JournalStream.isNamed(by: "\(status.st_dev):\(status.st_ino)", -1))
    }

    @Test("a log that nobody reads any more does no harm")
    func closed() {
        let output = LineOutput(descriptor: -1)
        let logger = Logger(label: "test") { _ in ConsoleLogHandler(level: .info, format: .text, output: output) }
        logger.error("into the void")
        #expect(output.waiting == 0)
    }
}
