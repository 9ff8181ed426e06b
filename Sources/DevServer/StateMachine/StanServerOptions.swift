package import NIOCore

/// How the development server behaves. The defaults are those of nats-streaming-server 0.25.6.
package struct StanServerOptions: Sendable {
    /// The heartbeats that the server sends to its clients.
    package struct Heartbeats: Sendable {
        /// From one outcome to the next heartbeat. Default: 30 s.
        package var interval: TimeAmount = .seconds(30)
        /// How long a client may take to answer one. Default: 10 s.
        package var timeout: TimeAmount = .seconds(10)
        /// How many may fail in a row; the next failure ends the client. Default: 10.
        package var maxFailures = 10

        package init() {}
    }

    /// What a store keeps. 0 means no limit.
    package struct Limits: Sendable {
        /// Beyond it publishes and subscribes that need a new channel are refused. Default: 100.
        package var maxChannels = 100
        /// Messages per channel; beyond it the oldest are dropped. Default: 1,000,000.
        package var maxMessages = 1_000_000
        /// Bytes per channel, as encoded for delivery; beyond it the oldest messages are dropped. Default: 1,024,000,000.
        package var maxBytes = 1_024_000_000
        /// How old a message may get. Default: no limit.
        package var maxAge: TimeAmount = .zero
        /// Subscriptions per channel, offline durables included; beyond it new ones are refused. Default: 1000.
        package var maxSubscriptions = 1000
        /// How long a channel lives without an active subscription and a new message. Default: for ever.
        package var maxInactivity: TimeAmount = .zero

        package init() {}
    }

    /// Where messages, clients and subscriptions are kept.
    package enum Store: Sendable, Equatable {
        /// Gone when the server stops.
        case memory
        /// In a directory of the server's own, which is made if need be. All messages are in memory as well.
        case file(directory: String)
    }

    /// Default: memory.
    package var store = Store.memory

    /// Whether what is stored is on the disk, and not only with the operating system, before it is acked. Costs a wait for the
    /// disk per message. Default: false; a crash of the machine may cost the latest messages then, one of the server does not.
    package var fileSync = false

    /// How long an ack may wait to be stored; one that was not yet is forgotten when the server is killed. Default: 1 s.
    package var ackFlushInterval: TimeAmount = .seconds(1)

    /// Part of every subject of the server. Default: `test-cluster`.
    package var clusterID = "test-cluster"

    /// Clients look for the server at this and the cluster ID. Default: `_STAN.discover`.
    package var discoverPrefix = "_STAN.discover"

    package var heartbeats = Heartbeats()
    package var limits = Limits()

    /// How long the owner of a client ID may take to show that it lives when another client claims the ID. Default: 500 ms.
    package var duplicateCheckTimeout: TimeAmount = .milliseconds(500)

    /// Lets a subscription take over an active durable instead of being refused. Default: false.
    package var replaceDurable = false

    /// Stands in for the ack wait of every subscription. For tests: the protocol has whole seconds only. Default: none.
    package var ackWaitOverride: TimeAmount?

    package init() {}
}
