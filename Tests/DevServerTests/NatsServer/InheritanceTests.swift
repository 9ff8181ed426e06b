import Glibc
import Testing

@testable import DevServer

@Suite("What a nats-server inherits")
struct InheritanceTests {
    @Test("None of our open files: a socket that we close is closed")
    func openFiles() async throws {
        // Without close-on-exec, as the sockets of SwiftNIO are.
        let descriptor = open("/dev/zero", O_RDONLY)
        defer { close(descriptor) }
        let server = try await NatsServerProcess.start()
        var files: [String] = []
        for number in 0..<1024 {
            var target = [CChar](repeating: 0, count: 256)
            let length = readlink("/proc/\(server.processID)/fd/\(number)", &target, target.count)
            if length > 0 { files.append(String(decoding: target[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)) }
        }
        #expect(files.contains("/dev/null"))
        #expect(!files.contains("/dev/zero"))
        await server.stop()
    }
}
