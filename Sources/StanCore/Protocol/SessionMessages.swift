package import NIOCore

extension StanWire {
    /// A client asks for a session: sent to `<discover prefix>.<cluster id>`.
    package struct ConnectRequest: StanWireMessage, Sendable, Equatable {
        /// Who asks; letters, digits, `-` and `_`.
        package var clientID: String = ""
        /// Where the server asks whether the client still lives. Subscribed before the request goes out.
        package var heartbeatInbox: String = ""
        /// 1 since clients ping; 0 before.
        package var protocolVersion: Int32 = 0
        /// Unique for each attempt to connect; with it the server tells a client from its predecessor.
        package var connectionID: ByteBuffer = ByteBuffer()
        /// Seconds between the client's pings; 0 for none.
        package var pingInterval: Int32 = 0
        /// How many pings may go unanswered.
        package var pingMaxOut: Int32 = 0

        package init() {}

        package init(
            clientID: String = "",
            heartbeatInbox: String = "",
            protocolVersion: Int32 = 0,
            connectionID: ByteBuffer = ByteBuffer(),
            pingInterval: Int32 = 0,
            pingMaxOut: Int32 = 0
        ) {
            self.clientID = clientID
            self.heartbeatInbox = heartbeatInbox
            self.protocolVersion = protocolVersion
            self.connectionID = connectionID
            self.pingInterval = pingInterval
            self.pingMaxOut = pingMaxOut
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.clientID = field.value.string ?? self.clientID
            case 2: self.heartbeatInbox = field.value.string ?? self.heartbeatInbox
            case 3: self.protocolVersion = field.value.int32 ?? self.protocolVersion
            case 4: self.connectionID = field.value.bytes ?? self.connectionID
            case 5: self.pingInterval = field.value.int32 ?? self.pingInterval
            case 6: self.pingMaxOut = field.value.int32 ?? self.pingMaxOut
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.clientID)
            buffer.writeField(2, self.heartbeatInbox)
            buffer.writeField(3, self.protocolVersion)
            buffer.writeField(4, self.connectionID)
            buffer.writeField(5, self.pingInterval)
            buffer.writeField(6, self.pingMaxOut)
        }
    }

    /// The server's answer to a ``ConnectRequest``: the subjects of the session, or an error and nothing else.
    package struct ConnectResponse: StanWireMessage, Sendable, Equatable {
        package var pubPrefix: String = ""
        package var subRequests: String = ""
        package var unsubRequests: String = ""
        package var closeRequests: String = ""
        /// Empty on success.
        package var error: String = ""
        package var subCloseRequests: String = ""
        package var pingRequests: String = ""
        /// Seconds; the request's, echoed.
        package var pingInterval: Int32 = 0
        /// The request's, echoed.
        package var pingMaxOut: Int32 = 0
        /// The server's own: 1 for every server since 0.10.
        package var protocolVersion: Int32 = 0

        package init() {}

        package init(
            pubPrefix: String = "",
            subRequests: String = "",
            unsubRequests: String = "",
            closeRequests: String = "",
            error: String = "",
            subCloseRequests: String = "",
            pingRequests: String = "",
            pingInterval: Int32 = 0,
            pingMaxOut: Int32 = 0,
            protocolVersion: Int32 = 0
        ) {
            self.pubPrefix = pubPrefix
            self.subRequests = subRequests
            self.unsubRequests = unsubRequests
            self.closeRequests = closeRequests
            self.error = error
            self.subCloseRequests = subCloseRequests
            self.pingRequests = pingRequests
            self.pingInterval = pingInterval
            self.pingMaxOut = pingMaxOut
            self.protocolVersion = protocolVersion
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.pubPrefix = field.value.string ?? self.pubPrefix
            case 2: self.subRequests = field.value.string ?? self.subRequests
            case 3: self.unsubRequests = field.value.string ?? self.unsubRequests
            case 4: self.closeRequests = field.value.string ?? self.closeRequests
            case 5: self.error = field.value.string ?? self.error
            case 6: self.subCloseRequests = field.value.string ?? self.subCloseRequests
            case 7: self.pingRequests = field.value.string ?? self.pingRequests
            case 8: self.pingInterval = field.value.int32 ?? self.pingInterval
            case 9: self.pingMaxOut = field.value.int32 ?? self.pingMaxOut
            case 10: self.protocolVersion = field.value.int32 ?? self.protocolVersion
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.pubPrefix)
            buffer.writeField(2, self.subRequests)
            buffer.writeField(3, self.unsubRequests)
            buffer.writeField(4, self.closeRequests)
            buffer.writeField(5, self.error)
            buffer.writeField(6, self.subCloseRequests)
            buffer.writeField(7, self.pingRequests)
            buffer.writeField(8, self.pingInterval)
            buffer.writeField(9, self.pingMaxOut)
            buffer.writeField(10, self.protocolVersion)
        }
    }

    /// A client ends its session.
    package struct CloseRequest: StanWireMessage, Sendable, Equatable {
        package var clientID: String = ""

        package init() {}

        package init(
            clientID: String = ""
        ) {
            self.clientID = clientID
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.clientID = field.value.string ?? self.clientID
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.clientID)
        }
    }

    /// The server's answer to a ``CloseRequest``.
    package struct CloseResponse: StanWireMessage, Sendable, Equatable {
        /// Empty on success.
        package var error: String = ""

        package init() {}

        package init(
            error: String = ""
        ) {
            self.error = error
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.error = field.value.string ?? self.error
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.error)
        }
    }

    /// A client asks whether its session still lives.
    package struct Ping: StanWireMessage, Sendable, Equatable {
        package var connectionID: ByteBuffer = ByteBuffer()

        package init() {}

        package init(
            connectionID: ByteBuffer = ByteBuffer()
        ) {
            self.connectionID = connectionID
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.connectionID = field.value.bytes ?? self.connectionID
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.connectionID)
        }
    }

    /// The server's answer to a ``Ping``.
    package struct PingResponse: StanWireMessage, Sendable, Equatable {
        /// Empty while the session lives.
        package var error: String = ""

        package init() {}

        package init(
            error: String = ""
        ) {
            self.error = error
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.error = field.value.string ?? self.error
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.error)
        }
    }
}
