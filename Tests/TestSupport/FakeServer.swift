package import NATSTransport
package import NIOCore
package import StanCore

/// A STAN server that answers what a test wants it to, whose subjects all begin with its cluster id.
package struct FakeServer: Sendable {
    /// A length beyond the end, a tag that none is, a varint without end.
    package static let garbage = ["\u{a}\u{7f}x", "\u{7}\u{7}\u{7}", String(repeating: "\u{8}\u{7f}", count: 3) + "\u{8}"]

    package let nats: NATSTestClient
    private let prefix: String

    package static func with(_ body: (_ server: StanTestServer, _ fake: FakeServer) async throws -> Void) async throws {
        let url = try await SharedNATSServer.url
        let prefix = NUID.make()
        let nats = try await NATSTestClient.connect(url)
        do {
            try await body(
                StanTestServer(url: url, clusterID: prefix, devServer: nil),
                FakeServer(nats: nats, prefix: prefix)
            )
            try await nats.close()
        } catch {
            try? await nats.close()
            throw error
        }
    }

    /// Where connect requests go.
    package var discoverSubject: String { "_STAN.discover.\(self.prefix)" }

    /// Gives every request on a subject the same answer.
    package func answer(_ subject: String, with answer: ByteBuffer) async throws {
        try await self.answer(subject) { _ in answer }
    }

    /// Gives every request on a subject the answer that the closure finds, or none. Called one at a time.
    package func answer(_ subject: String, by answer: @escaping @Sendable (NATSMessage) -> ByteBuffer?) async throws {
        try await self.nats.run { connection in
            let subscriber = NATSClosureSubscriber { [weak connection] message in
                guard let reply = message.reply, let answer = answer(copy message) else { return }
                try? connection?.publish(answer, to: reply)
            }
            _ = connection.subscribe(subject, subscriber: subscriber)
        }
        try await self.nats.flush()
    }

    /// Gives every connect request the subjects of a session, as a good server does; twice, as two servers of a partitioned cluster do.
    package func answerConnects(_ change: (inout StanWire.ConnectResponse) -> Void = { _ in }) async throws {
        var response = self.connectResponse
        change(&response)
        for _ in 0..<2 { try await self.answer(self.discoverSubject, with: response.encoded()) }
    }

    /// What a good server says to a connect request.
    package var connectResponse: StanWire.ConnectResponse {
        var response = StanWire.ConnectResponse()
        response.pubPrefix = "\(self.prefix).pub"
        response.subRequests = "\(self.prefix).sub"
        response.unsubRequests = "\(self.prefix).unsub"
        response.closeRequests = "\(self.prefix).close"
        response.subCloseRequests = "\(self.prefix).subclose"
        response.pingRequests = "\(self.prefix).ping"
        response.pingInterval = 5
        response.pingMaxOut = 3
        response.protocolVersion = 1
        return response
    }
}
