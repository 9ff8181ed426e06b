import Glibc
import NIOCore

/// Says what `/streaming/...` of a real server's monitoring says, from a server's state at one moment.
struct StreamingMonitor: Sendable {
    /// What has come in and gone out since the start.
    struct Traffic: Sendable {
        private(set) var messagesIn = 0
        private(set) var bytesIn = 0
        private(set) var messagesOut = 0
        private(set) var bytesOut = 0

        mutating func received(_ payload: ByteBuffer) {
            self.messagesIn += 1
            self.bytesIn += payload.readableBytes
        }

        mutating func sent(_ payload: ByteBuffer) {
            self.messagesOut += 1
            self.bytesOut += payload.readableBytes
        }
    }

    private typealias Member = (key: String, value: JSONValue)
    private typealias Response = (status: Int, body: String)

    private static let version = "0.25.6"
    private static let defaultLimit = 1024

    var serverID: String
    /// Nanoseconds since the Unix epoch.
    var startTime: Int64
    var now: Int64
    var options: StanServerOptions
    var traffic: Traffic
    var clients: [StanClientStatus]
    var channels: [StanChannelStatus]

    /// - Returns: the status of the HTTP response and its body; nil when there is no such path.
    func response(path: String, query: String) -> (status: Int, body: String)? {
        let query = Query(query)
        switch path {
        case "/streaming/serverz": return (200, self.server.text)
        case "/streaming/storez": return (200, self.store.text)
        case "/streaming/clientsz": return self.clientList(query)
        case "/streaming/channelsz": return self.channelList(query)
        // There is no other server that could be the active one.
        case "/streaming/isFTActive": return (204, "")
        default: return nil
        }
    }

    private struct Query {
        private var values: [String: String] = [:]

        init(_ text: String) {
            for pair in text.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let key = Self.decode(parts[0])
                if self.values[key] == nil { self.values[key] = parts.count == 2 ? Self.decode(parts[1]) : "" }
            }
        }

        subscript(key: String) -> String { self.values[key] ?? "" }

        var wantsSubscriptions: Bool { self["subs"] == "1" }

        func page(of count: Int) -> (offset: Int, limit: Int, range: Range<Int>) {
            let offset = max(0, Int(self["offset"]) ?? 0)
            let asked = Int(self["limit"]) ?? 0
            let limit = asked > 0 ? asked : StreamingMonitor.defaultLimit
            let start = min(offset, count)
            return (offset, limit, start..<(count - start < limit ? count : start + limit))
        }

        private static func decode(_ text: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = text.utf8[...]
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    // MARK: Server and store

    private var server: JSONValue {
        .object([
            ("cluster_id", .string(self.options.clusterID)),
            ("server_id", .string(self.serverID)),
            ("version", .string(Self.version)),
            ("go", .string("")),
            ("state", .string("STANDALONE")),
            ("now", .string(Self.time(self.now))),
            ("start_time", .string(Self.time(self.startTime))),
            ("uptime", .string(Self.duration(seconds: (self.now - self.startTime) / 1_000_000_000))),
            ("clients", .number(self.clients.count)),
            ("subscriptions", .number(self.channels.map(\.subscriptions.count).reduce(0, +))),
            ("channels", .number(self.channels.count)),
            ("total_msgs", .number(self.totalMessages)),
            ("total_bytes", .number(self.totalBytes)),
            ("in_msgs", .number(self.traffic.messagesIn)),
            ("in_bytes", .number(self.traffic.bytesIn)),
            ("out_msgs", .number(self.traffic.messagesOut)),
            ("out_bytes", .number(self.traffic.bytesOut)),
            ("open_fds", .number(0)),
            ("max_fds", .number(0)),
        ])
    }

    private var store: JSONValue {
        let limits = self.options.limits
        let type = if case .memory = self.options.store { "MEMORY" } else { "FILE" }
        return .object(
            self.head + [
                ("type", .string(type)),
                (
                    "limits",
                    .object([
                        ("max_channels", .number(limits.maxChannels)),
                        ("max_msgs", .number(limits.maxMessages)),
                        ("max_bytes", .number(limits.maxBytes)),
                        ("max_age", .number(Int(limits.maxAge.nanoseconds))),
                        ("max_subscriptions", .number(limits.maxSubscriptions)),
                        ("max_inactivity", .number(Int(limits.maxInactivity.nanoseconds))),
                    ])
                ),
                ("total_msgs", .number(self.totalMessages)),
                ("total_bytes", .number(self.totalBytes)),
            ]
        )
    }

    private var totalMessages: Int { self.channels.map(\.messages).reduce(0, +) }
    private var totalBytes: Int { self.channels.map(\.bytes).reduce(0, +) }

    private var head: [Member] {
        [
            ("cluster_id", .string(self.options.clusterID)),
            ("server_id", .string(self.serverID)),
            ("now", .string(Self.time(self.now))),
        ]
    }

    // MARK: Lists

    private func clientList(_ query: Query) -> Response {
        if !query["client"].isEmpty {
            guard let client = self.clients.first(where: { $0.id == query["client"] }) else {
                return (404, "Client \(query["client"]) not found")
            }
            return (200, JSONValue.object(Self.client(client, query.wantsSubscriptions)).text)
        }
        let page = query.page(of: self.clients.count)
        let clients = self.clients[page.range].map { JSONValue.object(Self.client($0, query.wantsSubscriptions)) }
        return (200, self.list(page, of: self.clients.count, [("clients", .array(clients))]))
    }

    private func channelList(_ query: Query) -> Response {
        if !query["channel"].isEmpty {
            guard let channel = self.channels.first(where: { $0.name == query["channel"] }) else {
                return (404, "Channel \(query["channel"]) not found")
            }
            return (200, JSONValue.object(Self.channel(channel, query.wantsSubscriptions)).text)
        }
        let page = query.page(of: self.channels.count)
        let channels = self.channels[page.range]
        var members: [Member] = []
        if !channels.isEmpty {
            members =
                query.wantsSubscriptions
                ? [("channels", .array(channels.map { .object(Self.channel($0, true)) }))]
                : [("names", .array(channels.map { .string($0.name) }))]
        }
        return (200, self.list(page, of: self.channels.count, members))
    }

    private func list(_ page: (offset: Int, limit: Int, range: Range<Int>), of total: Int, _ members: [Member]) -> String {
        let numbers: [Member] = [
            ("offset", .number(page.offset)),
            ("limit", .number(page.limit)),
            ("count", .number(page.range.count)),
            ("total", .number(total)),
        ]
        return JSONValue.object(self.head + numbers + members).text
    }

    private static func client(_ client: StanClientStatus, _ withSubscriptions: Bool) -> [Member] {
        var members: [Member] = [("id", .string(client.id)), ("hb_inbox", .string(client.heartbeatInbox))]
        let count = client.subscriptions.values.map(\.count).reduce(0, +)
        if withSubscriptions {
            members.append(("subs_count", .number(count)))
            guard count > 0 else { return members }
            let channels = client.subscriptions.sorted { $0.key < $1.key }
            members.append(("subscriptions", .object(channels.map { ($0.key, .array($0.value.map(Self.subscription))) })))
        } else {
            members.append(("subs_count", .number(count)))
        }
        return members
    }

    private static func channel(_ channel: StanChannelStatus, _ withSubscriptions: Bool) -> [Member] {
        var members: [Member] = [
            ("name", .string(channel.name)),
            ("msgs", .number(channel.messages)),
            ("bytes", .number(channel.bytes)),
            ("first_seq", .number(Int(clamping: channel.messages == 0 && channel.lastSequence == 0 ? 0 : channel.firstSequence))),
            ("last_seq", .number(Int(clamping: channel.lastSequence))),
            ("subs_count", .number(channel.subscriptions.count)),
        ]
        if withSubscriptions, !channel.subscriptions.isEmpty {
            members.append(("subscriptions", .array(channel.subscriptions.map(Self.subscription))))
        }
        return members
    }

    private static func subscription(_ subscription: StanChannelStatus.Subscription) -> JSONValue {
        var members: [Member] = [
            ("client_id", .string(subscription.clientID)),
            ("inbox", .string(subscription.inbox)),
            ("ack_inbox", .string(subscription.ackInbox)),
        ]
        if !subscription.durableName.isEmpty { members.append(("durable_name", .string(subscription.durableName))) }
        if !subscription.queueName.isEmpty { members.append(("queue_name", .string(subscription.queueName))) }
        members += [
            ("is_durable", .bool(subscription.isDurable)),
            ("is_offline", .bool(subscription.isOffline)),
            ("max_inflight", .number(subscription.maxInFlight)),
            ("ack_wait", .number(subscription.ackWait)),
            ("last_sent", .number(Int(clamping: subscription.lastSent))),
            ("pending_count", .number(subscription.pendingCount)),
            ("is_stalled", .bool(subscription.isStalled)),
        ]
        return .object(members)
    }

    // MARK: Time

    /// As RFC 3339 has it, in UTC.
    private static func time(_ nanoseconds: Int64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map { digits($0, 2) }
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }
        let fraction = digits(Int(nanoseconds % 1_000_000_000), 9)
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(fraction)Z"
    }

    /// As `1d2h3m4s`.
    private static func duration(seconds: Int64) -> String {
        let parts = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        let significant = parts.drop { $0.0 == 0 }
        return significant.isEmpty ? "0s" : significant.map { "\($0.0)\($0.1)" }.joined()
    }
}
