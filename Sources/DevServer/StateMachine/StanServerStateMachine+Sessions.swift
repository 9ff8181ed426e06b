package import NIOCore
import StanCore

/// Clients come, show that they live, and go.
extension StanServerStateMachine {
    /// A `ConnectRequest` came.
    package mutating func connectRequested(
        _ payload: ByteBuffer,
        reply: String?,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        guard let request = try? StanWire.ConnectRequest(decoding: payload), !request.heartbeatInbox.isEmpty else {
            self.refuseConnect(StanServerError.invalidConnectRequest, reply, into: &actions)
            return
        }
        guard StanClientID.isValid(request.clientID) else {
            self.refuseConnect(StanServerError.invalidClientID, reply, into: &actions)
            return
        }
        guard self.claims[request.clientID] == nil else {
            self.refuseConnect(StanServerError.clientIDRegistered, reply, into: &actions)
            return
        }
        let claim = Claim(request: request, reply: reply)
        guard let owner = self.clientsByID[request.clientID] else {
            self.register(claim, now: now, into: &actions)
            return
        }
        self.claims[request.clientID] = claim
        actions.append(
            .request(
                subject: self.clients[owner].heartbeatInbox,
                timeout: self.options.duplicateCheckTimeout,
                .duplicateCheck(clientID: request.clientID)
            )
        )
    }

    /// A request that the server made has come to its end.
    package mutating func requestFinished(
        _ token: RequestToken,
        outcome: RequestOutcome,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        switch token {
        case .duplicateCheck(let clientID):
            guard let claim = self.claims.removeValue(forKey: clientID) else { return }
            let owner = self.clientsByID[clientID]
            switch outcome {
            case .answered where owner != nil:
                self.refuseConnect(StanServerError.clientIDRegistered, claim.reply, into: &actions)
            case .answered, .noResponders, .timedOut:
                if let owner { self.close(owner, now: now, into: &actions) }
                self.register(claim, now: now, into: &actions)
            }
        case .heartbeat(let client):
            // The client may have gone meanwhile.
            guard self.clients.contains(client) else { return }
            self.heartbeatFinished(client, outcome: outcome, now: now, into: &actions)
        }
    }

    /// A `Ping` came.
    package mutating func pingReceived(_ payload: ByteBuffer, reply: String?, now: NIODeadline, into actions: inout [Action]) {
        guard payload.readableBytes > 0, let ping = try? StanWire.Ping(decoding: payload) else { return }
        guard let client = self.clientsByConnectionID[ping.connectionID] else {
            self.respond(StanWire.PingResponse(error: StanServerError.clientReplaced), to: reply, into: &actions)
            return
        }
        self.respond(StanWire.PingResponse(), to: reply, into: &actions)
        // It seems to be back: ask at once rather than hold its redeliveries until the next heartbeat.
        if self.clients[client].failedHeartbeats > 0, self.clients[client].heartbeatDue != nil {
            self.sendHeartbeat(to: client, into: &actions)
        }
    }

    /// A `CloseRequest` came. Only the client ID counts: anyone can close anyone.
    package mutating func closeRequested(_ payload: ByteBuffer, reply: String?, now: NIODeadline, into actions: inout [Action]) {
        guard let request = try? StanWire.CloseRequest(decoding: payload) else {
            self.respond(StanWire.CloseResponse(error: StanServerError.invalidCloseRequest), to: reply, into: &actions)
            return
        }
        guard let client = self.clientsByID[request.clientID] else {
            self.respond(StanWire.CloseResponse(error: StanServerError.unknownClientID), to: reply, into: &actions)
            return
        }
        self.close(client, now: now, into: &actions)
        self.respond(StanWire.CloseResponse(), to: reply, into: &actions)
    }

    private func refuseConnect(_ error: String, _ reply: String?, into actions: inout [Action]) {
        self.respond(StanWire.ConnectResponse(error: error), to: reply, into: &actions)
    }

    private mutating func register(_ claim: Claim, now: NIODeadline, into actions: inout [Action]) {
        let request = claim.request
        // A copy: what came from the socket is a slice of a much larger buffer.
        let connectionID = ByteBuffer(bytes: request.connectionID.readableBytesView)
        let client = self.clients.insert(
            Client(id: request.clientID, connectionID: connectionID, heartbeatInbox: request.heartbeatInbox)
        )
        self.clientsByID[request.clientID] = client
        self.changes?.record(.clientAdded(self.clients[client].record))
        if connectionID.readableBytes > 0 { self.clientsByConnectionID[connectionID] = client }
        self.setHeartbeatTimer(for: client, now: now)

        var response = StanWire.ConnectResponse(
            pubPrefix: self.subjects.publishPrefix,
            subRequests: self.subjects.subscribe,
            unsubRequests: self.subjects.unsubscribe,
            closeRequests: self.subjects.close,
            subCloseRequests: self.subjects.closeSubscription,
            protocolVersion: 1
        )
        if request.protocolVersion >= 1 {
            response.pingRequests = self.subjects.ping
            response.pingInterval = request.pingInterval
            response.pingMaxOut = request.pingMaxOut
        }
        self.respond(response, to: claim.reply, into: &actions)
    }

    /// Ends a session: durables go offline, other subscriptions end.
    private mutating func close(_ key: ClientKey, now: NIODeadline, into actions: inout [Action]) {
        for subscription in self.clients[key].subscriptions {
            self.end(subscription, isUnsubscribe: false, now: now, into: &actions)
        }
        let client = self.clients.remove(key)
        self.changes?.record(.clientRemoved(client.id))
        self.clientsByID[client.id] = nil
        if self.clientsByConnectionID[client.connectionID] == key { self.clientsByConnectionID[client.connectionID] = nil }
    }

    // MARK: Heartbeats

    mutating func setHeartbeatTimer(for client: ClientKey, now: NIODeadline) {
        let due = now + self.options.heartbeats.interval
        self.clients[client].heartbeatDue = due
        self.timers.set(.heartbeat(client), for: due)
    }

    mutating func sendHeartbeat(to client: ClientKey, into actions: inout [Action]) {
        self.clients[client].heartbeatDue = nil
        actions.append(
            .request(
                subject: self.clients[client].heartbeatInbox,
                timeout: self.options.heartbeats.timeout,
                .heartbeat(client)
            )
        )
    }

    private mutating func heartbeatFinished(
        _ client: ClientKey,
        outcome: RequestOutcome,
        now: NIODeadline,
        into actions: inout [Action]
    ) {
        switch outcome {
        case .answered:
            self.clients[client].failedHeartbeats = 0
        case .noResponders, .timedOut:
            self.clients[client].failedHeartbeats += 1
            if self.clients[client].failedHeartbeats > self.options.heartbeats.maxFailures {
                self.close(client, now: now, into: &actions)
                return
            }
        }
        let hasFailed = self.clients[client].failedHeartbeats > 0
        for subscription in self.clients[client].subscriptions {
            self.subscriptions[subscription].hasFailedHeartbeat = hasFailed
        }
        self.setHeartbeatTimer(for: client, now: now)
    }
}
