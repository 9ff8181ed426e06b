import Glibc

/// IP addresses as text, read by the C library so that what passes here can be connected to.
enum IPAddress {
    case v4([UInt8])
    case v6([UInt8])

    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self = .v4(Array(bytes[..<4]))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self = .v6(bytes)
        } else {
            return nil
        }
    }

    var isV6: Bool {
        if case .v6 = self { true } else { false }
    }

    /// 127.0.0.0/8, ::1, and the former as IPv4-mapped IPv6.
    var isLoopback: Bool {
        switch self {
        case .v4(let bytes): bytes[0] == 127
        case .v6(let bytes):
            bytes == Array(repeating: 0, count: 15) + [1]
                || (bytes[..<12] == Array(repeating: 0, count: 10) + [0xFF, 0xFF] && bytes[12] == 127)
        }
    }
}
