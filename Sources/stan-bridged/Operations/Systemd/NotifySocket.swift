import Glibc

/// Where a service manager takes messages: the datagram socket that `$NOTIFY_SOCKET` names.
final class NotifySocket: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32

    /// Connects to it. A manager that is away later makes sending fail, nothing else.
    ///
    /// - Parameter address: the path of the socket, or `@` and a name of Linux's abstract namespace.
    init(_ address: String) throws(Failure) {
        var name = Array(address.utf8)
        guard name.first == UInt8(ascii: "/") || name.first == UInt8(ascii: "@"), name.count > 1 else {
            throw Failure(description: "it is neither a path nor @ and a name")
        }
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        // A path ends with a zero byte, which is there already, or at the end of the address.
        guard name.count <= MemoryLayout.size(ofValue: target.sun_path) else { throw Failure(description: "it is too long") }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)

        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket: \(Self.reason)") }
        let result = withUnsafePointer(to: target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard result == 0 else {
            let reason = Self.reason
            close(descriptor)
            throw Failure(description: "nobody takes messages there: \(reason)")
        }
        self.descriptor = descriptor
    }

    deinit { close(self.descriptor) }

    /// Sends a message, without waiting for whoever takes it.
    ///
    /// - Throws: when it could not be sent, as while many others are waiting to be read.
    func send(_ message: NotifyMessage) throws(Failure) {
        let bytes = Array(message.text.utf8)
        while Glibc.send(self.descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) < 0 {
            guard errno == EINTR else { throw Failure(description: Self.reason) }
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
