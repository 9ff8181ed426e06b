import Delivery
import Glibc

/// A directory of the demo's own, gone when the demo is.
final class DemoDirectory {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/stan-bridged-demo-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw DemoError("cannot make a directory in \(base): \(String(cString: strerror(errno)))")
        }
        self.path = String(cString: made)
    }

    func write(_ text: String, to name: String) throws -> String {
        let path = "\(self.path)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DemoError("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var text = text
        let written = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.utf8.count else { throw DemoError("cannot write \(path)") }
        return path
    }

    func lines(of name: String) -> [Substring] {
        let descriptor = open("\(self.path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// Takes away the directory and the files in it.
    func remove() {
        for name in (try? FileOperations.system.list(self.path)) ?? [] { unlink("\(self.path)/\(name)") }
        rmdir(self.path)
    }
}

/// The demo could not do what it is to show.
struct DemoError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
