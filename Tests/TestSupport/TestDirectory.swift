import Foundation

/// A directory that no other test knows; gone, with all that is in it, when the object is.
package final class TestDirectory: Sendable {
    package let path: String

    package init() throws {
        var template = Array((NSTemporaryDirectory() + "stan-bridged-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    package func path(of name: String) -> String { "\(self.path)/\(name)" }

    /// Puts a new file in the place of one that is there, in one step.
    ///
    /// - Returns: the path of the file.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self.path(of: name)), options: .atomic)
        return self.path(of: name)
    }

    /// The file's content.
    package func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: self.path(of: name))))
    }

    /// The file's text; empty when there is none.
    package func text(of name: String) -> String {
        FileManager.default.contents(atPath: self.path(of: name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// Lends a directory, and removes it with everything in it.
package func withTestDirectory<Result>(_ body: (TestDirectory) async throws -> Result) async throws -> Result {
    let directory = try TestDirectory()
    defer { withExtendedLifetime(directory) {} }
    return try await body(directory)
}

package func withTestDirectory<Result>(_ body: (TestDirectory) throws -> Result) throws -> Result {
    let directory = try TestDirectory()
    return try withExtendedLifetime(directory) { try body(directory) }
}
