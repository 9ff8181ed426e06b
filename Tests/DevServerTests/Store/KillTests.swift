import Foundation
import Glibc
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@testable import DevServer

@Suite("File store: SIGKILL")
struct KillTests {
    @Test("A server that is killed under load has every message that it acked, and its clients")
    func killed() async throws {
        let bench = try StoreBench()
        let url = try await SharedNATSServer.url
        let cluster = "kill-\(NUID.make())"
        let pidFile = NSTemporaryDirectory() + "/\(cluster).pid"
        defer { unlink(pidFile) }
        let directory = bench.directory
        let server = Task {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [url = url as String, directory = directory as String, cluster = cluster as String, pidFile = pidFile as String]
                in
                let parent = getppid()
                var options = StanServerOptions()
                options.clusterID = cluster
                options.store = .file(directory: directory)
                let server = try await DevServer.start(options, natsURL: url)
                try Data("\(getpid())".utf8).write(to: URL(fileURLWithPath: pidFile), options: .atomic)
                // Killed long before, unless the test is.
                for _ in 0..<600 where getppid() == parent { try await Task.sleep(for: .milliseconds(100)) }
                try await server.stop()
            }
        }
        var pid: pid_t = 0
        try await eventually(within: .seconds(30), "the server runs") {
            pid = (try? String(contentsOfFile: pidFile, encoding: .utf8)).flatMap { pid_t($0) } ?? 0
            return pid > 0
        }
        let client = try await RawClient(url)
        let session = try await client.connect("me", cluster: cluster)
        let acked = Recorder()
        let publishers = (0..<4).map { publisher in
            Task {
                for number in 0... {
                    let message = StanWire.PubMsg(
                        clientID: "me",
                        guid: "g",
                        subject: "foo",
                        data: ByteBuffer(string: "\(publisher) \(number)"),
                        connectionID: ByteBuffer(string: "c-me")
                    )
                    let answer = try await client.request(message, to: session.pubPrefix + ".foo")
                    #expect(try StanWire.PubAck(decoding: answer).error == "")
                    acked.note()
                }
            }
        }
        try await eventually(within: .seconds(60)) { acked.count > 1000 }
        kill(pid, SIGKILL)
        _ = await server.value
        for publisher in publishers { _ = await publisher.result }

        var options = StanServerOptions()
        options.clusterID = cluster
        options.store = .file(directory: directory)
        let back = try await DevServer.start(options, natsURL: url)
        let channel = try #require(try await back.channels().first)
        // Each publisher may have had one more on its way.
        let count = acked.count
        #expect(channel.messages >= count && channel.messages <= count + 4)
        #expect(channel.lastSequence == UInt64(channel.messages))
        let ping = StanWire.Ping(connectionID: ByteBuffer(string: "c-me"))
        #expect(try await client.request(ping, to: session.pingRequests).readableBytes == 0)
        try await back.stop()
        try await client.close()
    }
}
