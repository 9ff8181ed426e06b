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
        pool.learn(["b:1", "a:4222", "nonsense:x", "b:1"], credentials: .token("t"))
        pool.learn(["b:1"], credentials: .none)
        #expect(self.take(3, from: &pool).map(\.host) == ["b", "a", "b"])
        #expect(pool.next(using: &self.generator)?.server == NATSServerAddress(host: "a"))
        #expect(pool.next(using: &self.generator)?.server == NATSServerAddress(host: "b", port: 1, credentials: .token("t")))
    }

    @Test("What servers no longer name is forgotten; what was configured is not, nor the one in use")
    mutating func forgetting() {
        var pool = self.pool(["a"])
        _ = self.take(1, from: &pool)
        pool.learn(["b:1", "c:1"], credentials: .none)
        pool.learn(["c:1"], credentials: .none)
        #expect(Set(self.take(4, from: &pool).map(\.host)) == ["a", "c"])
        // The last one given out is the one in use: it stays until another is.
        while self.take(1, from: &pool).last?.host != "c" {}
        pool.learn(["d:1"], credentials: .none)
        #expect(Set(self.take(6, from: &pool).map(\.host)) == ["a", "c", "d"])
        // It says nothing of a cluster that an INFO names no server.
        pool.learn([], credentials: .none)
        #expect(Set(self.take(6, from: &pool).map(\.host)).isSuperset(of: ["a", "d"]))
    }

    @Test("A server cannot name more servers than make sense")
    mutating func manyLearnt() {
        var pool = self.pool(["a"])
        for batch in 0..<10 { pool.learn((0..<5000).map { "h\(batch)x\($0):1" }, credentials: .none) }
        #expect(Set(self.take(2000, from: &pool).map(\.host)).count <= ServerPool.maximumLearnt + 2)
    }
}
