import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import stan_bridged

@Suite("Requests of the admin address that take too much")
struct AdminRequestGuardTests {
    private let channel: EmbeddedChannel
    private let head = HTTPRequestPart.head(HTTPRequest(method: .get, scheme: "http", authority: "h", path: "/livez"))
    private let answerHead = HTTPResponsePart.head(HTTPResponse(status: .ok))

    init() throws {
        self.channel = EmbeddedChannel(handler: AdminRequestGuard(timeLimit: .seconds(30)))
        try self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/s")).wait()
    }

    private func pass(_ time: TimeAmount) { self.channel.embeddedEventLoop.advanceTime(by: time) }

    @Test("a request that does not end is ended")
    func slowRequest() throws {
        try self.channel.writeInbound(self.head)
        self.pass(.seconds(29))
        // However much comes of it.
        try self.channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        #expect(self.channel.isActive)
        self.pass(.seconds(2))
        #expect(!self.channel.isActive)
    }

    @Test("an answer that nobody takes is ended")
    func slowReader() throws {
        try self.channel.writeInbound(self.head)
        try self.channel.writeInbound(HTTPRequestPart.end(nil))
        self.channel.write(self.answerHead, promise: nil)
        self.channel.write(HTTPResponsePart.end(nil), promise: nil)
        self.pass(.seconds(31))
        #expect(!self.channel.isActive)
    }

    @Test("what was answered in time leaves the connection for the next request, which has its own time")
    func keepAlive() throws {
        for _ in 0..<3 {
            try self.channel.writeInbound(self.head)
            try self.channel.writeInbound(HTTPRequestPart.end(nil))
            self.pass(.seconds(20))
            try self.channel.writeOutbound(self.answerHead)
            try self.channel.writeOutbound(HTTPResponsePart.end(nil))
            self.pass(.seconds(100))
            #expect(self.channel.isActive)
        }
    }

    @Test("a body of more than 64 KiB ends the connection, and less does not")
    func bodies() throws {
        let part = HTTPRequestPart.body(ByteBuffer(repeating: 1, count: 16 << 10))
        for _ in 0..<2 {
            try self.channel.writeInbound(self.head)
            for _ in 0..<4 { try self.channel.writeInbound(part) }
            #expect(self.channel.isActive)
            if try self.channel.readInbound(as: HTTPRequestPart.self) == nil { Issue.record("nothing was passed on") }
            try self.channel.writeInbound(HTTPRequestPart.end(nil))
        }
        try self.channel.writeInbound(self.head)
        for _ in 0..<4 { try self.channel.writeInbound(part) }
        _ = try? self.channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        #expect(!self.channel.isActive)
    }
}
