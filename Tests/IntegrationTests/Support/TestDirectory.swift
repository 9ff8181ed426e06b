import Foundation
import TestSupport

extension TestDirectory {
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
