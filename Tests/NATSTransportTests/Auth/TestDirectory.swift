import Foundation

/// A directory of a test's own.
struct TestDirectory: Sendable {
    let path: String

    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(self.path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }
}

/// Lends a directory, and removes it with everything in it.
func withTestDirectory<Result>(_ body: (TestDirectory) async throws -> Result) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stan-bridged-auth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(TestDirectory(path: directory.path))
}

func withTestDirectory<Result>(_ body: (TestDirectory) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stan-bridged-auth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(TestDirectory(path: directory.path))
}
