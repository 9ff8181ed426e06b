import Foundation

/// What the kernel knows of processes.
enum Processes {
    static func exists(_ processID: pid_t) -> Bool { kill(processID, 0) == 0 }

    static func children(of parent: pid_t) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { Self.parent(of: $0) == parent }
    }

    private static func parent(of processID: pid_t) -> pid_t? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(processID)/stat") else { return nil }
        // The name in parentheses may hold anything; state and parent come after it.
        let fields = String(decoding: data, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }
}
