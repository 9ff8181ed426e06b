import CLibnats
import Synchronization

/// A STAN client that shares no line with ours: Debian's libnats, in C. Its calls block; a test does few of them.
final class LibnatsClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Options {
        var durable: String?
        var queue: String?
        var fromFirst = true
        var maxInFlight: Int32 = 1024
        var ackWaitMilliseconds: Int64 = 30_000
    }

    /// libnats locks its objects itself; this guards only against use after `close`.
    private let connection: Mutex<Handle>

    /// Sendable by being touched under the lock only.
    private struct Handle: @unchecked Sendable {
        var pointer: OpaquePointer?
    }

    init(url: String, cluster: String, client: String) throws {
        var options: OpaquePointer?
        try Self.check(stanConnOptions_Create(&options), "options")
        defer { stanConnOptions_Destroy(options) }
        try Self.check(stanConnOptions_SetURL(options, url), "URL")
        var connection: OpaquePointer?
        try Self.check(stanConnection_Connect(&connection, cluster, client, options), "connect")
        self.connection = Mutex(Handle(pointer: connection))
    }

    func publish(_ text: String, to channel: String) throws {
        try self.connection.withLock {
            try Self.check(stanConnection_Publish($0.pointer, channel, text, Int32(text.utf8.count)), "publish")
        }
    }

    /// Subscribes with manual acks.
    func subscribe(to channel: String, _ options: Options = Options()) throws -> LibnatsSubscription {
        let inbox = LibnatsInbox()
        return try self.connection.withLock { handle in
            var subOptions: OpaquePointer?
            try Self.check(stanSubOptions_Create(&subOptions), "options")
            defer { stanSubOptions_Destroy(subOptions) }
            try Self.check(stanSubOptions_SetManualAckMode(subOptions, true), "manual acks")
            try Self.check(stanSubOptions_SetMaxInflight(subOptions, options.maxInFlight), "max in flight")
            try Self.check(stanSubOptions_SetAckWait(subOptions, options.ackWaitMilliseconds), "ack wait")
            if options.fromFirst { try Self.check(stanSubOptions_DeliverAllAvailable(subOptions), "start") }
            if let durable = options.durable {
                try Self.check(stanSubOptions_SetDurableName(subOptions, durable), "durable")
            }
            var subscription: OpaquePointer?
            // Retained for the life of the process: libnats may call back until the subscription is destroyed.
            let context = Unmanaged.passRetained(inbox).toOpaque()
            if let queue = options.queue {
                try Self.check(
                    stanConnection_QueueSubscribe(
                        &subscription,
                        handle.pointer,
                        channel,
                        queue,
                        libnatsReceived,
                        context,
                        subOptions
                    ),
                    "queue subscribe"
                )
            } else {
                try Self.check(
                    stanConnection_Subscribe(&subscription, handle.pointer, channel, libnatsReceived, context, subOptions),
                    "subscribe"
                )
            }
            return LibnatsSubscription(subscription, inbox)
        }
    }

    func close() throws {
        try self.connection.withLock { handle in
            guard let pointer = handle.pointer else { return }
            handle.pointer = nil
            let status = stanConnection_Close(pointer)
            stanConnection_Destroy(pointer)
            try Self.check(status, "close")
        }
    }

    static func check(_ status: natsStatus, _ what: String) throws {
        guard status == NATS_OK else {
            throw Failure(description: "libnats: \(what): \(String(cString: natsStatus_GetText(status)))")
        }
    }
}

/// A subscription of the C client.
final class LibnatsSubscription: Sendable {
    let inbox: LibnatsInbox
    private let handle: Mutex<Handle>

    /// Sendable by being touched under the lock only.
    private struct Handle: @unchecked Sendable {
        var pointer: OpaquePointer?
    }

    init(_ pointer: OpaquePointer?, _ inbox: LibnatsInbox) {
        self.handle = Mutex(Handle(pointer: pointer))
        self.inbox = inbox
    }

    /// Ends it; a durable is kept.
    func close() throws {
        try self.end(stanSubscription_Close)
    }

    /// Ends it, and has the server forget the durable.
    func unsubscribe() throws {
        try self.end(stanSubscription_Unsubscribe)
    }

    private func end(_ body: (OpaquePointer?) -> natsStatus) throws {
        try self.handle.withLock { handle in
            guard let pointer = handle.pointer else { return }
            handle.pointer = nil
            let status = body(pointer)
            stanSubscription_Destroy(pointer)
            try LibnatsClient.check(status, "end of a subscription")
        }
    }
}

/// What the C client has received.
final class LibnatsInbox: Sendable {
    struct Message: Sendable, Equatable {
        var sequence: UInt64
        var text: String
        var timestamp: Int64
        var isRedelivered: Bool
    }

    private struct State {
        var messages: [Message] = []
        var acks: @Sendable (UInt64) -> Bool = { _ in true }
    }

    private let state = Mutex(State())

    var messages: [Message] { self.state.withLock { $0.messages } }

    /// Which sequences to ack; all, unless said otherwise.
    func ack(where decides: @escaping @Sendable (UInt64) -> Bool) {
        self.state.withLock { $0.acks = decides }
    }

    /// - Returns: whether to ack it.
    fileprivate func received(_ message: Message) -> Bool {
        self.state.withLock {
            $0.messages.append(message)
            return $0.acks(message.sequence)
        }
    }
}

/// libnats calls this on a thread of its own.
private func libnatsReceived(
    _ connection: OpaquePointer?,
    _ subscription: OpaquePointer?,
    _ channel: UnsafePointer<CChar>?,
    _ message: OpaquePointer?,
    _ context: UnsafeMutableRawPointer?
) {
    guard let context, let message else { return }
    let inbox = Unmanaged<LibnatsInbox>.fromOpaque(context).takeUnretainedValue()
    let data = UnsafeRawBufferPointer(start: stanMsg_GetData(message), count: Int(stanMsg_GetDataLength(message)))
    let received = LibnatsInbox.Message(
        sequence: stanMsg_GetSequence(message),
        text: String(decoding: data, as: UTF8.self),
        timestamp: stanMsg_GetTimestamp(message),
        isRedelivered: stanMsg_IsRedelivered(message)
    )
    if inbox.received(received) { stanSubscription_AckMsg(subscription, message) }
    stanMsg_Destroy(message)
}
