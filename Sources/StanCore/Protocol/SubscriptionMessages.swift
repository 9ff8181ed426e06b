package import NIOCore

extension StanWire {
    /// A client asks for messages of a channel.
    package struct SubscriptionRequest: StanWireMessage, Sendable, Equatable {
        package var clientID: String = ""
        /// The channel, without wildcards.
        package var subject: String = ""
        package var queueGroup: String = ""
        /// Where the messages go. Subscribed before the request goes out.
        package var inbox: String = ""
        /// How many messages may be unacked; at least 1.
        package var maxInFlight: Int32 = 0
        /// After this many seconds an unacked message is sent again; at least 1.
        package var ackWaitInSecs: Int32 = 0
        package var durableName: String = ""
        /// One of ``StanWire/StartPosition``; the server refuses others.
        package var startPosition: Int32 = 0
        package var startSequence: UInt64 = 0
        /// Nanoseconds before now.
        package var startTimeDelta: Int64 = 0

        package init() {}

        package init(
            clientID: String = "",
            subject: String = "",
            queueGroup: String = "",
            inbox: String = "",
            maxInFlight: Int32 = 0,
            ackWaitInSecs: Int32 = 0,
            durableName: String = "",
            startPosition: Int32 = 0,
            startSequence: UInt64 = 0,
            startTimeDelta: Int64 = 0
        ) {
            self.clientID = clientID
            self.subject = subject
            self.queueGroup = queueGroup
            self.inbox = inbox
            self.maxInFlight = maxInFlight
            self.ackWaitInSecs = ackWaitInSecs
            self.durableName = durableName
            self.startPosition = startPosition
            self.startSequence = startSequence
            self.startTimeDelta = startTimeDelta
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.clientID = field.value.string ?? self.clientID
            case 2: self.subject = field.value.string ?? self.subject
            case 3: self.queueGroup = field.value.string ?? self.queueGroup
            case 4: self.inbox = field.value.string ?? self.inbox
            case 5: self.maxInFlight = field.value.int32 ?? self.maxInFlight
            case 6: self.ackWaitInSecs = field.value.int32 ?? self.ackWaitInSecs
            case 7: self.durableName = field.value.string ?? self.durableName
            case 10: self.startPosition = field.value.int32 ?? self.startPosition
            case 11: self.startSequence = field.value.uint64 ?? self.startSequence
            case 12: self.startTimeDelta = field.value.int64 ?? self.startTimeDelta
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.clientID)
            buffer.writeField(2, self.subject)
            buffer.writeField(3, self.queueGroup)
            buffer.writeField(4, self.inbox)
            buffer.writeField(5, self.maxInFlight)
            buffer.writeField(6, self.ackWaitInSecs)
            buffer.writeField(7, self.durableName)
            buffer.writeField(10, self.startPosition)
            buffer.writeField(11, self.startSequence)
            buffer.writeField(12, self.startTimeDelta)
        }
    }

    /// The server's answer to a subscribe, unsubscribe or subscription close request.
    package struct SubscriptionResponse: StanWireMessage, Sendable, Equatable {
        package var ackInbox: String = ""
        /// Empty on success.
        package var error: String = ""

        package init() {}

        package init(
            ackInbox: String = "",
            error: String = ""
        ) {
            self.ackInbox = ackInbox
            self.error = error
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 2: self.ackInbox = field.value.string ?? self.ackInbox
            case 3: self.error = field.value.string ?? self.error
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(2, self.ackInbox)
            buffer.writeField(3, self.error)
        }
    }

    /// A client ends a subscription: for good, or (sent to the sub-close subject) so that a durable can be resumed.
    package struct UnsubscribeRequest: StanWireMessage, Sendable, Equatable {
        package var clientID: String = ""
        /// The channel.
        package var subject: String = ""
        /// The subscription's ack inbox; the server takes its message inbox too.
        package var inbox: String = ""
        /// Not looked at by the server.
        package var durableName: String = ""

        package init() {}

        package init(
            clientID: String = "",
            subject: String = "",
            inbox: String = "",
            durableName: String = ""
        ) {
            self.clientID = clientID
            self.subject = subject
            self.inbox = inbox
            self.durableName = durableName
        }

        package mutating func take(_ field: ProtobufReader.Field) {
            switch field.number {
            case 1: self.clientID = field.value.string ?? self.clientID
            case 2: self.subject = field.value.string ?? self.subject
            case 3: self.inbox = field.value.string ?? self.inbox
            case 4: self.durableName = field.value.string ?? self.durableName
            default: break
            }
        }

        package func write(to buffer: inout ByteBuffer) {
            buffer.writeField(1, self.clientID)
            buffer.writeField(2, self.subject)
            buffer.writeField(3, self.inbox)
            buffer.writeField(4, self.durableName)
        }
    }
}
