import Glibc
import Synchronization

/// A unix datagram socket that a test reads, as systemd's for notifications.
package final class DatagramReceiver: Sendable {
    package struct Failure: Error { package let code: Int32 }

    /// What goes into `NOTIFY_SOCKET`.
    package let address: String

    private let descriptor: Int32
    private let received = Mutex<[String]>([])

    /// - Parameter address: a path where nothing is yet, or `@` and a name that nobody has.
    package init(_ address: String) throws {
        self.address = address
        self.descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard self.descriptor >= 0 else { throw Failure(code: errno) }
        var name = Array(address.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: name.prefix($0.count)) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let result = withUnsafePointer(to: target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(self.descriptor, $0, length) }
        }
        guard result == 0 else {
            let code = errno
            close(self.descriptor)
            throw Failure(code: code)
        }
    }

    deinit { close(self.descriptor) }

    /// Every message so far.
    package var messages: [String] {
        self.received.withLock { received in
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(self.descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
                guard count >= 0 else { return received }
                received.append(String(decoding: bytes[..<count], as: UTF8.self))
            }
        }
    }

    /// The lines of every message so far.
    package var lines: [String] { self.messages.flatMap { $0.split(separator: "\n").map(String.init) } }
}
