import Foundation

/// A directory that no other test knows; gone, with all that is in it, when the object is.
final class TestDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "stan-bridged-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func path(of name: String) -> String { "\(self.path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self.path(of: name)))
        return self.path(of: name)
    }

    /// The file's text; empty when there is none.
    func text(of name: String) -> String {
        FileManager.default.contents(atPath: self.path(of: name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// How many whole lines the file has.
    func lineCount(of name: String) -> Int {
        FileManager.default.contents(atPath: self.path(of: name))?.count { $0 == UInt8(ascii: "\n") } ?? 0
    }

    /// The records of a file in JSON format, in their order.
    ///
    /// - Throws: when a line is not a whole record.
    func records(of name: String) throws -> [FileRecord] {
        let decoder = JSONDecoder()
        return try self.text(of: name).split(separator: "\n", omittingEmptySubsequences: true).map {
            try decoder.decode(FileRecord.self, from: Data($0.utf8))
        }
    }
}

/// What the tests look at in a line of a file sink.
struct FileRecord: Decodable {
    var channel: String
    var sequence: UInt64
    var timestamp: String
    var text: String?
}
