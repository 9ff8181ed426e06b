import NIOCore
import StanCore

@testable import DevServer

/// Runs a server's state machine in virtual time and writes down in words what it does.
///
/// Each call returns what came out during it, in order: a message as `a:3` (subscription, sequence), sent again as `a:3r2`
/// (for the second time), an answer as `acked g1`, `connected`, `subscribed`, `ended`, `closed`, `pong`, or as the error.
final class ServerBench {
    /// How a client answers heartbeats.
    enum Heart {
        case beats
        case silent
        /// Nobody is subscribed to its inbox any more.
        case gone
    }

    var machine: StanServerStateMachine
    var hearts: [String: Heart] = [:]
    private(set) var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private(set) var wallClock: Int64 = 1_600_000_000_000_000_000
    /// Of the subscription's present life, by its name.
    private(set) var ackInboxes: [String: String] = [:]
    /// Where acks are listened for.
    private(set) var listening: [String: SubscriptionID] = [:]
    /// All messages that went out, by subscription.
    private(set) var messages: [String: [StanWire.MsgProto]] = [:]
    private(set) var rawMessages: [String: [ByteBuffer]] = [:]
    /// The subjects of heartbeats, with seconds.
    private(set) var heartbeats: [String] = []
    private(set) var lastConnectResponse = StanWire.ConnectResponse()
    /// The payload of the last answer, to tell an empty one.
    private(set) var lastPayload = ByteBuffer()

    private let start: NIODeadline
    private var output: [String] = []
    private var timeouts: [(deadline: NIODeadline, token: StanServerStateMachine.RequestToken)] = []
    private var subscribing = ""
    private var guids = 0

    init(_ configure: (inout StanServerOptions) -> Void = { _ in }) {
        var options = StanServerOptions()
        configure(&options)
        self.machine = StanServerStateMachine(options: options, inboxes: InboxGenerator(seed: 1))
        self.start = self.now
    }

    // MARK: Time

    func advance(by amount: TimeAmount) -> [String] {
        let end = self.now + amount
        while true {
            let timer = self.machine.nextDeadline ?? .distantFuture
            let timeout = self.timeouts.map(\.deadline).min() ?? .distantFuture
            let next = max(self.now, min(timer, timeout))
            guard next <= end else { break }
            self.move(to: next)
            self.expireTimeouts()
            self.perform { $0.tick(now: self.now, wallClock: self.wallClock, into: &$1) }
        }
        self.move(to: end)
        return self.take()
    }

    /// As ``advance(by:)``, with the milliseconds since the call before each entry.
    func timeline(for amount: TimeAmount, step: TimeAmount = .milliseconds(10)) -> [String] {
        let from = self.now
        var lines: [String] = []
        while self.now < from + amount {
            let output = self.advance(by: step)
            let milliseconds = (self.now - from).nanoseconds / 1_000_000
            lines += output.map { "\(milliseconds) \($0)" }
        }
        return lines
    }

    private func move(to time: NIODeadline) {
        self.wallClock += (time - self.now).nanoseconds
        self.now = time
    }

    private func expireTimeouts() {
        let due = self.timeouts.filter { $0.deadline <= self.now }
        self.timeouts.removeAll { $0.deadline <= self.now }
        for timeout in due { self.finish(timeout.token, .timedOut) }
    }

    /// Sets the wall clock back or forward without time passing.
    func shiftWallClock(by nanoseconds: Int64) {
        self.wallClock += nanoseconds
    }

    // MARK: Events

    @discardableResult
    func connect(
        _ clientID: String = "me",
        connection: String? = nil,
        heartbeat: String? = nil,
        protocolVersion: Int32 = 1,
        pingInterval: Int32 = 5,
        pingMaxOut: Int32 = 88,
        hasReply: Bool = true
    ) -> [String] {
        let request = StanWire.ConnectRequest(
            clientID: clientID,
            heartbeatInbox: heartbeat ?? "hb.\(clientID)",
            protocolVersion: protocolVersion,
            connectionID: ByteBuffer(string: connection ?? (protocolVersion > 0 ? "c-\(clientID)" : "")),
            pingInterval: pingInterval,
            pingMaxOut: pingMaxOut
        )
        return self.connect(raw: request.encoded(), hasReply: hasReply)
    }

    func connect(raw payload: ByteBuffer, hasReply: Bool = true) -> [String] {
        self.perform { $0.connectRequested(payload, reply: hasReply ? "r.connect" : nil, now: self.now, into: &$1) }
        return self.take()
    }

    @discardableResult
    func publish(
        _ channel: String = "foo",
        _ data: String = "x",
        client: String = "me",
        connection: String? = nil,
        guid: String? = nil,
        reply: String = "",
        hasReply: Bool = true
    ) -> [String] {
        self.guids += 1
        let message = StanWire.PubMsg(
            clientID: client,
            guid: guid ?? "g\(self.guids)",
            subject: channel,
            reply: reply,
            data: ByteBuffer(string: data),
            connectionID: ByteBuffer(string: connection ?? "c-\(client)")
        )
        return self.publish(raw: message.encoded(), hasReply: hasReply)
    }

    func publish(raw payload: ByteBuffer, hasReply: Bool = true) -> [String] {
        self.perform {
            $0.publishReceived(
                payload,
                reply: hasReply ? "r.ack" : nil,
                now: self.now,
                wallClock: self.wallClock,
                into: &$1
            )
        }
        return self.take()
    }

    /// Publishes and returns what went to subscribers, without the acks.
    @discardableResult
    func publish(count: Int, to channel: String = "foo") -> [String] {
        (0..<count).flatMap { _ in self.publish(channel).filter { !$0.hasPrefix("acked") } }
    }

    /// - Parameter name: what the subscription's messages are written down under.
    @discardableResult
    func subscribe(
        _ name: String,
        client: String = "me",
        channel: String = "foo",
        queue: String = "",
        durable: String = "",
        maxInFlight: Int32 = 1024,
        ackWait: Int32 = 30,
        start: StanWire.StartPosition = .newOnly,
        sequence: UInt64 = 0,
        ago: Int64 = 0,
        inbox: String? = nil
    ) -> [String] {
        let request = StanWire.SubscriptionRequest(
            clientID: client,
            subject: channel,
            queueGroup: queue,
            inbox: inbox ?? "m.\(name)",
            maxInFlight: maxInFlight,
            ackWaitInSecs: ackWait,
            durableName: durable,
            startPosition: start.rawValue,
            startSequence: sequence,
            startTimeDelta: ago
        )
        return self.subscribe(raw: request.encoded(), name: name)
    }

    func subscribe(raw payload: ByteBuffer, name: String = "raw") -> [String] {
        self.subscribing = name
        self.perform {
            $0.subscribeRequested(payload, reply: "r.sub", now: self.now, wallClock: self.wallClock, into: &$1)
        }
        return self.take()
    }

    @discardableResult
    func ack(_ name: String, _ sequences: UInt64..., channel: String = "foo", inbox: String? = nil) -> [String] {
        for sequence in sequences {
            let ack = StanWire.Ack(subject: channel, sequence: sequence)
            self.ack(raw: ack.encoded(), inbox: inbox ?? self.ackInboxes[name] ?? "")
        }
        return self.take()
    }

    func ack(raw payload: ByteBuffer, inbox: String) {
        guard let id = self.listening[inbox] else { return }
        self.perform { $0.ackReceived(payload, on: id, now: self.now, into: &$1) }
    }

    @discardableResult
    func unsubscribe(_ name: String, client: String = "me", channel: String = "foo", inbox: String? = nil) -> [String] {
        let payload = self.endRequest(name, client, channel, inbox)
        self.perform { $0.unsubscribeRequested(payload, reply: "r.end", now: self.now, into: &$1) }
        return self.take()
    }

    @discardableResult
    func closeSubscription(_ name: String, client: String = "me", channel: String = "foo", inbox: String? = nil) -> [String] {
        let payload = self.endRequest(name, client, channel, inbox)
        self.perform { $0.subscriptionCloseRequested(payload, reply: "r.end", now: self.now, into: &$1) }
        return self.take()
    }

    private func endRequest(_ name: String, _ client: String, _ channel: String, _ inbox: String?) -> ByteBuffer {
        let inbox = inbox ?? self.ackInboxes[name] ?? ""
        return StanWire.UnsubscribeRequest(clientID: client, subject: channel, inbox: inbox, durableName: "d").encoded()
    }

    @discardableResult
    func close(_ clientID: String = "me") -> [String] {
        let payload = StanWire.CloseRequest(clientID: clientID).encoded()
        self.perform { $0.closeRequested(payload, reply: "r.close", now: self.now, into: &$1) }
        return self.take()
    }

    @discardableResult
    func ping(_ connection: String = "c-me") -> [String] {
        self.ping(raw: StanWire.Ping(connectionID: ByteBuffer(string: connection)).encoded())
    }

    func ping(raw payload: ByteBuffer) -> [String] {
        self.perform { $0.pingReceived(payload, reply: "r.ping", now: self.now, into: &$1) }
        return self.take()
    }

    /// Starts the server anew, as with a memory store or as with a file store.
    func restart(forgetting: Bool, after pause: TimeAmount = .zero) -> [String] {
        self.move(to: self.now + pause)
        self.listening = [:]
        self.timeouts = []
        if forgetting {
            self.machine = StanServerStateMachine(options: self.machine.options, inboxes: InboxGenerator(seed: 2))
        } else {
            self.perform { $0.restarted(now: self.now, wallClock: self.wallClock, into: &$1) }
        }
        return self.take()
    }

    // MARK: What the server thinks

    func pendingCount(_ name: String) -> Int? {
        self.subscription(name)?.pending.count
    }

    func subscription(_ name: String) -> Subscription? {
        guard let inbox = self.ackInboxes[name], let id = self.listening[inbox] else { return nil }
        return self.machine.subscriptions[id]
    }

    // MARK: Inner works

    private func perform(_ event: (inout StanServerStateMachine, inout [StanServerStateMachine.Action]) -> Void) {
        var actions: [StanServerStateMachine.Action] = []
        event(&self.machine, &actions)
        for action in actions { self.carryOut(action) }
    }

    private func finish(_ token: StanServerStateMachine.RequestToken, _ outcome: StanServerStateMachine.RequestOutcome) {
        self.perform { $0.requestFinished(token, outcome: outcome, now: self.now, into: &$1) }
    }

    private func carryOut(_ action: StanServerStateMachine.Action) {
        switch action {
        case .publish(let subject, let payload):
            self.output.append(self.words(for: payload, to: subject))
        case .subscribeAckInbox(let inbox, let id):
            precondition(self.listening[inbox] == nil, "an ack inbox is used twice")
            self.listening[inbox] = id
        case .unsubscribeAckInbox(let id):
            guard let inbox = self.listening.first(where: { $0.value == id })?.key else {
                preconditionFailure("an ack inbox is given up that nobody listens to")
            }
            self.listening[inbox] = nil
        case .request(let subject, let timeout, let token):
            if case .heartbeat = token {
                self.heartbeats.append("\((self.now - self.start).nanoseconds / 1_000_000_000) \(subject)")
            }
            switch self.hearts[subject] ?? .beats {
            case .beats: self.finish(token, .answered)
            case .gone: self.finish(token, .noResponders)
            case .silent: self.timeouts.append((self.now + timeout, token))
            }
        }
    }

    private func take() -> [String] {
        defer { self.output = [] }
        return self.output
    }

    private func words(for payload: ByteBuffer, to subject: String) -> String {
        self.lastPayload = payload
        func orError(_ error: String?, _ success: String) -> String {
            guard let error else { return "undecodable" }
            return error.isEmpty ? success : error
        }
        switch subject {
        case "r.connect":
            let response = try? StanWire.ConnectResponse(decoding: payload)
            self.lastConnectResponse = response ?? self.lastConnectResponse
            return orError(response?.error, "connected")
        case "r.ack":
            guard let ack = try? StanWire.PubAck(decoding: payload) else { return "undecodable" }
            return "acked \(ack.guid)" + (ack.error.isEmpty ? "" : ": \(ack.error)")
        case "r.sub":
            let response = try? StanWire.SubscriptionResponse(decoding: payload)
            if let inbox = response?.ackInbox, !inbox.isEmpty { self.ackInboxes[self.subscribing] = inbox }
            return orError(response?.error, "subscribed")
        case "r.end":
            return orError((try? StanWire.SubscriptionResponse(decoding: payload))?.error, "ended")
        case "r.close":
            return orError((try? StanWire.CloseResponse(decoding: payload))?.error, "closed")
        case "r.ping":
            return orError((try? StanWire.PingResponse(decoding: payload))?.error, "pong")
        default:
            guard let message = try? StanWire.MsgProto(decoding: payload) else { return "undecodable" }
            let name = String(subject.dropFirst(2))
            self.messages[name, default: []].append(message)
            self.rawMessages[name, default: []].append(payload)
            return "\(name):\(message.sequence)" + (message.redelivered ? "r\(message.redeliveryCount)" : "")
        }
    }
}
