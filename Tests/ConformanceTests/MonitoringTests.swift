import DevServer
import Foundation
import NIOCore
import StanCore
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Conformance: monitoring", .enabled(if: Lab.canConfigure, "needs a server with monitoring"))
struct MonitoringTests {
    @Test("Server, store, clients and channels are described with the same words")
    func shape() async throws {
        try await withLab {
            $0.monitoring = true
        } _: { lab in
            let session = try await lab.session("me")
            try await session.publish(3, to: "foo")
            try await session.publish(2, to: "bar")
            let plain = try await session.subscribe("foo") { $0.maxInFlight = 2 }
            try await plain.expect(["1", "2"])
            try await session.subscribe("foo") { $0.durableName = "dur" }.close()
            _ = try await session.subscribe("bar") {
                $0.durableName = "dur"
                $0.queueGroup = "group"
            }
            var words: [String] = []
            for (path, query) in Self.questions { words += try await Self.describe(lab, path, query) }
            let expected = expectedMonitoring.split(separator: "\n").map(String.init)
            #expect(words == expected, "\(words.difference(from: expected))")
        }
    }

    private static let questions = [
        ("serverz", ""), ("storez", ""), ("clientsz", ""), ("clientsz", "subs=1"), ("clientsz", "client=me"),
        ("clientsz", "client=me&subs=1"), ("clientsz", "client=x"), ("channelsz", ""), ("channelsz", "subs=1"),
        ("channelsz", "channel=foo"), ("channelsz", "channel=foo&subs=1"), ("channelsz", "channel=x"),
        ("channelsz", "offset=1&limit=5"), ("channelsz", "limit=1"), ("channelsz", "offset=7"), ("isFTActive", ""),
    ]

    private static func describe(_ lab: Lab, _ path: String, _ query: String) async throws -> [String] {
        let (status, body) = try await Self.ask(lab, "/streaming/\(path)", query)
        let head = "\(path)?\(query) \(status)"
        guard let json = try? JSONSerialization.jsonObject(with: Data(body.utf8)) else {
            return ["\(head) \(body)".trimmingCharacters(in: .whitespacesAndNewlines)]
        }
        return [head] + Self.words(json, "")
    }

    /// Keys and values, but for values that differ from server to server.
    private static func words(_ json: Any, _ path: String) -> [String] {
        switch json {
        case let object as [String: Any]: object.sorted { $0.key < $1.key }.flatMap { Self.words($0.value, "\(path).\($0.key)") }
        case let array as [Any]: array.enumerated().flatMap { Self.words($0.element, "\(path)[\($0.offset)]") }
        default: [path + (Self.differs(path) ? "" : " \(json)")]
        }
    }

    private static func differs(_ path: String) -> Bool {
        let words = ["_id", "now", "version", "go", "time", "fds", "inbox", "in_bytes", "out_bytes"]
        return words.contains { path.hasSuffix($0) } && !path.hasSuffix("client_id")
    }

    private static func ask(_ lab: Lab, _ path: String, _ query: String) async throws -> (Int, String) {
        if let devServer = lab.devServer {
            let response = try await devServer.monitoring(path: path, query: query)
            return try #require(response)
        }
        let port = try #require(lab.monitoringPort)
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)?\(query)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }
}
