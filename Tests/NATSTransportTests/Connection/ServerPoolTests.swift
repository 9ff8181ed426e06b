import NIOCore
import TestSupport
import Testing

@testable import NATSTransport

@Suite("Server pool")
struct ServerPoolTests {
    private var generator = SeededGenerator(seed: 1)

    private mutating func pool(_ hosts: [String], jitter: TimeAmount = .zero) -> ServerPool {
        let servers = hosts.map { NATSServerAddress(host: $0) }
        return ServerPool(servers: servers, wait: .seconds(2), jitter: jitter, using: &self.generator)
    }

    private mutating func take(_ count: Int, from pool: inout ServerPool) -> [(host: String, delay: TimeAmount)] {
        (0..<count).compactMap { _ in pool.next(using: &self.generator).map { ($0.server.host, $0.delay) } }
    }

    @Test("Each server is tried once without delay, then there is a pause, and so on")
    mutating func rounds() {
        var pool = self.pool(["a", "b", "c"])
        let taken = self.take(9, from: &pool)
        for round in 0..<3 { #expect(Set(taken[round * 3..<round * 3 + 3].map(\.host)) == ["a", "b", "c"]) }
        #expect(taken.map(\.delay) == [0, 0, 0, 2, 0, 0, 2, 0, 0].map { .seconds($0) })
    }

    @Test("After a lost connection the others come first, and at once")
    mutating func afterLoss() {
        var pool = self.pool(["a", "b", "c"])
        let used = self.take(3, from: &pool)[2].host
        pool.connected()
        let next = self.take(3, from: &pool)
        #expect(next.map(\.delay) == [.zero, .zero, .zero])
        #expect(next.last?.host == used)
    }

    @Test("One server alone: at once after a lost connection, then with pauses")
    mutating func single() {
        var pool = self.pool(["a"])
        #expect(self.take(3, from: &pool).map(\.delay) == [.zero, .seconds(2), .seconds(2)])
        pool.connected()
        #expect(self.take(2, from: &pool).map(\.delay) == [.zero, .seconds(2)])
    }

    @Test("The order is random, the pause has its jitter")
    mutating func randomness() {
        var firsts: Set<String> = []
        var delays: Set<Int64> = []
        for _ in 0..<100 {
            var pool = self.pool(["a", "b", "c"], jitter: .milliseconds(100))
            let taken = self.take(4, from: &pool)
            firsts.insert(taken[0].host)
            delays.insert(taken[3].delay.nanoseconds)
        }
        #expect(firsts == ["a", "b", "c"])
        #expect(delays.count > 50)
        #expect(delays.allSatisfy { 2_000_000_000...2_100_000_000 ~= $0 })
    }

    @Test("What a server names is learnt once, with the credentials of the one that named it")
    mutating func learning() {
        var pool = self.pool(["a"])
        _ = self.take(1, from: &pool)
        pool.connected()
        pool.learn(["b:1", "a:4222", "nonsense:x", "b:1"], from: NATSServerAddress(host: "a", credentials: .token("t")))
        pool.learn(["b:1"], from: NATSServerAddress(host: "a"))
        #expect(self.take(3, from: &pool).map(\.host) == ["b", "a", "b"])
        #expect(pool.next(using: &self.generator)?.server == NATSServerAddress(host: "a"))
        #expect(pool.next(using: &self.generator)?.server.credentials == .token("t"))
    }

    @Test("What servers no longer name is forgotten; what was configured is not, nor the one in use")
    mutating func forgetting() {
        var pool = self.pool(["a"])
        _ = self.take(1, from: &pool)
        pool.learn(["b:1", "c:1"], from: NATSServerAddress(host: "a"))
        pool.learn(["c:1"], from: NATSServerAddress(host: "a"))
        #expect(Set(self.take(4, from: &pool).map(\.host)) == ["a", "c"])
        // The last one given out is the one in use: it stays until another is.
        while self.take(1, from: &pool).last?.host != "c" {}
        pool.learn(["d:1"], from: NATSServerAddress(host: "a"))
        #expect(Set(self.take(6, from: &pool).map(\.host)) == ["a", "c", "d"])
        // It says nothing of a cluster that an INFO names no server.
        pool.learn([], from: NATSServerAddress(host: "a"))
        #expect(Set(self.take(6, from: &pool).map(\.host)).isSuperset(of: ["a", "d"]))
    }

    @Test("A longer pause where all refused the credentials, the usual one where not all did")
    mutating func refused() {
        let servers = ["a", "b"].map { NATSServerAddress(host: $0) }
        var pool = ServerPool(
            servers: servers,
            wait: .seconds(2),
            jitter: .zero,
            refusedWait: .seconds(10),
            using: &self.generator
        )
        var delays: [TimeAmount] = []
        for isRefused in [true, true, true, false, false, true, true, true] {
            delays += self.take(1, from: &pool).map(\.delay)
            if isRefused { pool.refused() }
        }
        #expect(delays == [0, 0, 10, 0, 2, 0, 2, 0].map { .seconds($0) })
        // Refused after the handshake.
        _ = self.take(1, from: &pool)
        pool.connected()
        pool.refused()
        #expect(self.take(2, from: &pool).map(\.delay) == [.seconds(10), .zero])
    }

    @Test("Whom a server names is spoken to as it is, with its name for a certificate where there is none")
    mutating func certificateNames() {
        var pool = ServerPool(
            servers: [NATSServerAddress(host: "n1.example", usesTLS: true)],
            wait: .zero,
            jitter: .zero,
            using: &self.generator
        )
        #expect(!pool.hasOthers)
        let first = pool.next(using: &self.generator)?.server
        #expect(first?.certificateName == "n1.example")
        pool.learn(["10.0.0.2:4222", "n3.example:4222"], from: NATSServerAddress(host: "n1.example", usesTLS: true))
        #expect(pool.hasOthers)
        let others = (0..<2).compactMap { _ in pool.next(using: &self.generator)?.server }
        #expect(others.map(\.certificateName) == ["n1.example", "n3.example"])
        #expect(others.map(\.usesTLS) == [true, true])
        #expect(NATSServerAddress(host: "::1").certificateName == nil)
    }

    @Test("A server cannot name more servers than make sense")
    mutating func manyLearnt() {
        var pool = self.pool(["a"])
        for batch in 0..<10 { pool.learn((0..<5000).map { "h\(batch)x\($0):1" }, from: NATSServerAddress(host: "a")) }
        #expect(Set(self.take(2000, from: &pool).map(\.host)).count <= ServerPool.maximumLearnt + 2)
    }
}
