import Checksums
import Foundation
import NIOCore
import StanCore
import TestSupport
import Testing

@testable import DevServer

@Suite("File store")
struct FileStoreTests {
    @Test("The checksum is the CRC-32 that everybody knows, whatever the length")
    func crc() {
        func checksum(_ text: String) -> UInt32 { Array(text.utf8).withUnsafeBytes { CRC32.checksum($0) } }
        #expect(checksum("123456789") == 0xcbf4_3926)
        #expect(checksum("") == 0)
        #expect(checksum("The quick brown fox jumps over the lazy dog") == 0x414f_a339)
    }

    @Test("Whatever happened, a server that starts again is as it was", arguments: 1...12)
    func randomised(_ seed: Int) throws {
        let bench = try StoreBench()
        let server = bench.makeServer {
            $0.limits.maxMessages = 20
            $0.heartbeats.interval = .seconds(5)
        }
        var store: FileStore? = try bench.open()
        try store?.beginJournal(server.machine.snapshot())
        var generator = TestGenerator(seed: UInt64(seed))
        var names = 0
        for step in 1...400 {
            let client = ["a", "b", "c"].randomElement(using: &generator) ?? ""
            let channel = ["one", "two"].randomElement(using: &generator) ?? ""
            let name = "s\(Int.random(in: 0...names, using: &generator))"
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<8: server.publish(channel, client: client)
            case 8..<12: server.ack(name, UInt64.random(in: 1...100, using: &generator), channel: channel)
            case 12..<13: server.connect(client)
            case 13..<15:
                names += 1
                let (queue, durable) = (Bool.random(using: &generator), Bool.random(using: &generator))
                server.subscribe(
                    "s\(names)",
                    client: client,
                    channel: channel,
                    queue: queue ? "q" : "",
                    durable: durable ? "d" : "",
                    maxInFlight: Int32.random(in: 1...8, using: &generator),
                    ackWait: 1,
                    start: .first
                )
            case 15: server.closeSubscription(name, client: client, channel: channel)
            case 16: server.unsubscribe(name, client: client, channel: channel)
            case 17: if Int.random(in: 0..<4, using: &generator) == 0 { server.close(client) }
            default: _ = server.advance(by: .milliseconds(Int64.random(in: 1...900, using: &generator)))
            }
            if let store { try server.machine.store(in: store) }
            guard step % 20 == 0 else { continue }
            try store?.flush()
            store = nil
            #expect(try bench.recover(like: server).essence == server.machine.essence, "after \(step) steps")
            store = try bench.open()
            try store?.beginJournal(server.machine.snapshot())
        }
    }

    @Test("A log that ends anywhere has all messages that were whole, and takes new ones")
    func tornLog() throws {
        let bench = try StoreBench()
        let server = bench.makeServer()
        var ends: [Int] = []
        do {
            let store = try bench.open()
            try store.beginJournal(server.machine.snapshot())
            server.connect()
            for number in 1...5 {
                server.publish("foo", "message \(number)")
                try server.machine.store(in: store)
                ends.append(try bench.bytes(of: "channel-1.log").count)
            }
        }
        let whole = try bench.bytes(of: "channel-1.log")
        let log = try #require(server.machine.log(1))
        for length in 0...whole.count {
            try bench.write(whole.prefix(length), to: "channel-1.log")
            let recovered = try bench.open().recovered.channels.first?.log
            let expected = UInt64(ends.filter { $0 <= length }.count)
            #expect((recovered?.lastSequence ?? 0) == expected, "\(length) bytes")
            for sequence in 1..<expected + 1 {
                #expect(recovered?[sequence]?.encoded == log[sequence]?.encoded)
            }
        }
        // What is added after a torn end is whole.
        try bench.write(whole.dropLast(3), to: "channel-1.log")
        let back = bench.makeServer()
        let store = try bench.open()
        back.machine = StanServerStateMachine(
            options: back.machine.options,
            inboxes: InboxGenerator(seed: 4),
            recovered: store.recovered,
            now: back.now
        )
        back.publish("foo", "message 5 again")
        try back.machine.store(in: store)
        #expect(
            try AppendFile.read("\(bench.directory)/channel-1.log").map { RecordFormat.scan($0) { _ in true }.ending } == .whole
        )
        #expect(back.machine.log(1)?.lastSequence == 5)
        #expect(bench.log.lines.contains { $0.contains("not whole") })
    }

    @Test("A journal that ends anywhere has all records that were whole")
    func tornJournal() throws {
        let bench = try StoreBench()
        let server = bench.makeServer()
        do {
            let store = try bench.open()
            try store.beginJournal(server.machine.snapshot())
            server.connect()
            server.subscribe("s", durable: "d", ackWait: 1, start: .first)
            server.publish(count: 3)
            server.ack("s", 2)
            try server.machine.store(in: store)
            try store.flush()
        }
        let whole = try bench.bytes(of: "journal")
        var records = 0
        for length in 0...whole.count {
            try bench.write(whole.prefix(length), to: "journal")
            var count = 0
            _ = RecordFormat.scan(ByteBuffer(bytes: whole.prefix(length))) { _ in
                count += 1
                return true
            }
            #expect(count >= records)
            records = count
            let recovered = try bench.open().recovered
            #expect(recovered.channels.first?.log.count == 3)
            let machine = StanServerStateMachine(
                options: server.machine.options,
                inboxes: InboxGenerator(seed: 3),
                recovered: recovered,
                now: server.now
            )
            if length == whole.count { #expect(machine.essence == server.machine.essence) }
        }
        #expect(records == 8)
    }

    @Test("A damaged byte in the middle is said, kept in a copy, and costs nothing before it")
    func damaged() throws {
        let bench = try StoreBench()
        let server = bench.makeServer()
        var ends: [Int] = []
        do {
            let store = try bench.open()
            try store.beginJournal(server.machine.snapshot())
            server.connect()
            for number in 1...4 {
                server.publish("foo", "message \(number)")
                try server.machine.store(in: store)
                ends.append(try bench.bytes(of: "channel-1.log").count)
            }
        }
        let whole = try bench.bytes(of: "channel-1.log")
        // In the third message, past its length.
        for offset in ends[1] + 4..<ends[2] {
            var bytes = whole
            bytes[offset] ^= 0x40
            try bench.write(bytes, to: "channel-1.log")
            #expect(try bench.open().recovered.channels.first?.log.lastSequence == 2, "byte \(offset)")
            #expect(try bench.bytes(of: "channel-1.log.damaged") == bytes)
        }
        #expect(bench.log.lines.contains { $0.contains("error a record is damaged") && $0.contains("offset=\(ends[1])") })
    }

    @Test("A directory of another cluster, one that is in use, and one of something else are refused")
    func refused() throws {
        let bench = try StoreBench()
        let server = bench.makeServer()
        do {
            let store = try bench.open()
            try store.beginJournal(server.machine.snapshot())
            #expect(throws: StoreError.inUse(directory: bench.directory)) { try bench.open() }
        }
        let error = StoreError.otherCluster(directory: bench.directory, stored: "test-cluster", configured: "other")
        #expect(throws: error) { try bench.open(cluster: "other") }
        try bench.write(Data("{ \"name\": \"something else\", \"version\": 1, \"and\": \"more\" }".utf8), to: "journal")
        #expect(throws: StoreError.notAStore(path: "\(bench.directory)/journal")) { try bench.open() }
    }

    @Test("Files that are mostly dead are written anew, and hold what they held")
    func compaction() throws {
        let bench = try StoreBench()
        let server = bench.makeServer { $0.limits.maxMessages = 10 }
        do {
            let store = try bench.open()
            try store.beginJournal(server.machine.snapshot())
            server.connect()
            server.subscribe("s", durable: "d", start: .first)
            let data = String(repeating: "x", count: 5000)
            for sequence in UInt64(1)...1000 {
                server.publish("foo", data)
                server.ack("s", sequence)
                try server.machine.store(in: store)
            }
            #expect(try bench.bytes(of: "channel-1.log").count < 2 * FileStore.compactionThreshold)
            for _ in 1...40 {
                for client in 1...500 { server.connect("client-\(client)") }
                for client in 1...500 { server.close("client-\(client)") }
                try server.machine.store(in: store)
            }
            #expect(try bench.bytes(of: "journal").count < 2 * FileStore.compactionThreshold)
            try store.flush()
        }
        #expect(try bench.recover(like: server).essence == server.machine.essence)
    }

    @Test("Acks wait to be written, anything else does not")
    func buffering() throws {
        let bench = try StoreBench()
        let server = bench.makeServer()
        let store = try bench.open()
        try store.beginJournal(server.machine.snapshot())
        server.connect()
        server.subscribe("s", start: .first)
        server.publish(count: 2)
        try server.machine.store(in: store)
        #expect(!store.hasWaiting)
        server.ack("s", 1)
        try server.machine.store(in: store)
        #expect(store.hasWaiting)
        server.publish()
        try server.machine.store(in: store)
        #expect(!store.hasWaiting)
    }
}
