import Foundation
import Logging
import NIOCore
import StanCore
import TestSupport
import Testing

@testable import DevServer

/// A directory for a store, and ways to look at what is in it. Removed with the object.
final class StoreBench {
    let directory: String
    let log = LogRecorder()

    init() throws {
        self.directory = NSTemporaryDirectory() + "/stan-store-\(UUID().uuidString)"
    }

    deinit { try? FileManager.default.removeItem(atPath: self.directory) }

    func open(cluster: String = "test-cluster") throws -> FileStore {
        try FileStore(directory: self.directory, clusterID: cluster, syncs: false, logger: self.log.logger)
    }

    /// A server in virtual time that stores here.
    func makeServer(_ configure: (inout StanServerOptions) -> Void = { _ in }) -> ServerBench {
        ServerBench {
            $0.store = .file(directory: self.directory)
            configure(&$0)
        }
    }

    /// What a server that starts here finds.
    func recover(like server: ServerBench) throws -> StanServerStateMachine {
        StanServerStateMachine(
            options: server.machine.options,
            inboxes: InboxGenerator(seed: 3),
            recovered: try self.open().recovered,
            now: server.now
        )
    }

    func url(_ file: String) -> URL { URL(fileURLWithPath: "\(self.directory)/\(file)") }

    func bytes(of file: String) throws -> Data { try Data(contentsOf: self.url(file)) }

    func write(_ bytes: Data, to file: String) throws {
        try bytes.write(to: self.url(file))
    }
}

extension StanServerStateMachine {
    /// All that a restart must not change, in words.
    var essence: [String] {
        var words = self.clients.ids.map { "client \(self.clients[$0].record)" }
        for key in self.channels.ids {
            let channel = self.channels[key]
            let log = channel.log
            words.append("channel \(channel.number) \(channel.name) \(log.firstSequence) \(log.lastSequence) \(log.bytes)")
            words += log.all.map { "message \(channel.number) \($0.encoded.hexDump(format: .compact))" }
            words.append("count \(channel.number) \(channel.subscriptionCount)")
            for group in channel.groups {
                let group = self.groups[group]
                let shadow = group.shadow.map { self.subscriptions[$0].number }
                let members = group.members.map { self.subscriptions[$0].number }.sorted()
                words.append(
                    "group \(channel.number) \(group.name) \(group.lastSent) \(members) \(shadow ?? 0) \(group.isDurable)"
                )
            }
        }
        for id in self.subscriptions.ids {
            let sub = self.subscriptions[id]
            let log = self.channels[sub.channel].log
            // What a limit took away is noticed when it is due.
            let pending = sub.pending.bySequence.map(\.sequence).filter { log[$0] != nil }
            words.append("sub \(sub.number) \(sub.clientID) \(sub.client != nil) \(sub.inbox) \(sub.ackInbox) \(sub.maxInFlight)")
            words.append("sub \(sub.number) \(sub.ackWait) \(pending) \(sub.isQueueMember ? 0 : sub.lastSent)")
        }
        return words.sorted()
    }
}
