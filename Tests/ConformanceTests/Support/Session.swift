import NATSTransport
import NIOCore
import StanCore
import TestSupport

/// The server said no.
struct Refused: Error, Equatable {
    let error: String
}

/// A client's session, spoken by hand.
final class Session: Sendable {
    let lab: Lab
    let nats: NATSTestClient
    let id: String
    let connectionID: ByteBuffer
    let heart: Heart
    let subjects: StanWire.ConnectResponse

    private init(
        _ lab: Lab,
        _ nats: NATSTestClient,
        _ request: StanWire.ConnectRequest,
        _ heart: Heart,
        _ subjects: StanWire.ConnectResponse
    ) {
        self.lab = lab
        self.nats = nats
        self.id = request.clientID
        self.connectionID = request.connectionID
        self.heart = heart
        self.subjects = subjects
    }

    /// - Throws: ``Refused``.
    static func connect(
        _ nats: NATSTestClient,
        _ lab: Lab,
        id: String,
        heart mode: Heart.Mode = .beats,
        _ configure: (inout StanWire.ConnectRequest) -> Void = { _ in }
    ) async throws -> Session {
        let heart = Heart(mode)
        try await heart.subscribe(on: nats)
        var request = StanWire.ConnectRequest(
            clientID: id,
            heartbeatInbox: heart.inbox,
            protocolVersion: 1,
            connectionID: ByteBuffer(string: NUID.make()),
            pingInterval: 5,
            pingMaxOut: 88
        )
        configure(&request)
        let answer = try await nats.request(request.encoded(), to: "_STAN.discover.\(lab.clusterID)")
        let response = try StanWire.ConnectResponse(decoding: answer.payload)
        guard response.error.isEmpty else { throw Refused(error: response.error) }
        return Session(lab, nats, request, heart, response)
    }

    // MARK: Requests

    /// - Returns: the answer's error, empty for none.
    func ping(_ connectionID: ByteBuffer? = nil) async throws -> String {
        let ping = StanWire.Ping(connectionID: connectionID ?? self.connectionID)
        let answer = try await self.nats.request(ping.encoded(), to: "_STAN.discover.\(self.lab.clusterID).pings")
        return try StanWire.PingResponse(decoding: answer.payload).error
    }

    func message(_ channel: String, _ data: String = "") -> StanWire.PubMsg {
        StanWire.PubMsg(
            clientID: self.id,
            guid: NUID.make(),
            subject: channel,
            data: ByteBuffer(string: data),
            connectionID: self.connectionID
        )
    }

    /// - Returns: the error of the ack.
    @discardableResult
    func publish(_ message: StanWire.PubMsg) async throws -> String {
        try await self.publish(raw: message.encoded()).error
    }

    func publish(raw payload: ByteBuffer, to channel: String = "any") async throws -> StanWire.PubAck {
        let answer = try await self.nats.request(payload, to: "\(self.subjects.pubPrefix).\(channel)")
        return try StanWire.PubAck(decoding: answer.payload)
    }

    /// Publishes a number of messages and waits for their acks, one after the other.
    func publish(_ count: Int = 1, to channel: String, data: String = "") async throws {
        for _ in 0..<count {
            let error = try await self.publish(self.message(channel, data))
            guard error.isEmpty else { throw Refused(error: error) }
        }
    }

    /// Subscribes from the first message on, with 10 in flight and an ack wait of 30 s, unless told otherwise.
    ///
    /// - Throws: ``Refused``.
    func subscribe(
        _ channel: String,
        _ configure: (inout StanWire.SubscriptionRequest) -> Void = { _ in }
    ) async throws -> Sub {
        var request = StanWire.SubscriptionRequest(
            clientID: self.id,
            subject: channel,
            inbox: NUID.makeInbox(),
            maxInFlight: 10,
            ackWaitInSecs: 30,
            startPosition: StanWire.StartPosition.first.rawValue
        )
        configure(&request)
        let sub = Sub(self, channel: channel, inbox: request.inbox)
        try await sub.listen()
        do {
            try await sub.subscribe(request)
        } catch {
            try await sub.cutOff()
            throw error
        }
        return sub
    }

    /// - Returns: the answer's error, empty for none.
    @discardableResult
    func end(
        _ inbox: String,
        of channel: String,
        unsubscribe: Bool = false,
        _ configure: (inout StanWire.UnsubscribeRequest) -> Void = { _ in }
    ) async throws -> String {
        var request = StanWire.UnsubscribeRequest(clientID: self.id, subject: channel, inbox: inbox)
        configure(&request)
        let subject = unsubscribe ? self.subjects.unsubRequests : self.subjects.subCloseRequests
        let answer = try await self.nats.request(request.encoded(), to: subject)
        return try StanWire.SubscriptionResponse(decoding: answer.payload).error
    }

    /// - Returns: the answer's error, empty for none.
    @discardableResult
    func close(_ id: String? = nil) async throws -> String {
        let request = StanWire.CloseRequest(clientID: id ?? self.id)
        let answer = try await self.nats.request(request.encoded(), to: self.subjects.closeRequests)
        return try StanWire.CloseResponse(decoding: answer.payload).error
    }
}
