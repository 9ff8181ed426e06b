import Foundation
import Synchronization
import TestSupport
import Testing

@testable import stan_bridged

@Suite("Lines to a reader that stalls")
struct LineOutputTests {
    private enum Kind: CaseIterable {
        case pipe
        /// As systemd's journal has it.
        case stream
    }

    /// The ends of something that is written to at one and read at the other.
    private final class Ends: Sendable {
        let reading: Int32
        let writing: Int32
        private let isShut = Mutex(false)

        init(_ kind: Kind) throws {
            var ends: [Int32] = [-1, -1]
            let result = kind == .pipe ? pipe(&ends) : socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends)
            try #require(result == 0)
            (self.reading, self.writing) = (ends[0], ends[1])
        }

        deinit {
            self.shutWriting()
            close(self.reading)
        }

        func shutWriting() {
            self.isShut.withLock { isShut in
                if !isShut { close(self.writing) }
                isShut = true
            }
        }

        /// Everything that has been written, and will be until the writing end is closed.
        func readAll() async -> [String] {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    var bytes: [UInt8] = []
                    var chunk = [UInt8](repeating: 0, count: 65_536)
                    while case let count = read(self.reading, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
                    continuation.resume(returning: String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
                }
            }
        }
    }

    private static func notice(_ count: Int) -> String { "left out: \(count)" }

    /// How many lines there are, and how many are said to be missing.
    private static func account(_ lines: [String]) -> (there: [Int], missing: Int) {
        let missing = lines.filter { $0.hasPrefix("left out: ") }.compactMap { Int($0.dropFirst("left out: ".count)) }
        return (lines.compactMap { Int($0.prefix(8)) }, missing.reduce(0, +))
    }

    private static func line(_ index: Int, length: Int = 100) -> String {
        let number = String(index)
        return String(repeating: "0", count: 8 - number.count) + number + String(repeating: ".", count: length - 8)
    }

    @Test("while it is read, a line is out before the call returns", arguments: Kind.allCases)
    private func direct(_ kind: Kind) throws {
        let ends = try Ends(kind)
        let output = LineOutput(descriptor: ends.writing)
        output.write("one", notice: Self.notice)
        var bytes = [UInt8](repeating: 0, count: 100)
        #expect(recvOrRead(ends.reading, &bytes) == 4)
        #expect(String(decoding: bytes[..<4], as: UTF8.self) == "one\n")
        #expect(output.waiting == 0)
    }

    private func recvOrRead(_ descriptor: Int32, _ bytes: inout [UInt8]) -> Int {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return read(descriptor, &bytes, bytes.count)
    }

    @Test("nobody waits for a reader that stalls; what waits is bounded; what is left out is counted", arguments: Kind.allCases)
    private func stall(_ kind: Kind) async throws {
        let ends = try Ends(kind)
        let output = LineOutput(descriptor: ends.writing, limit: 100_000)
        let count = 20_000
        for index in 0..<count {
            output.write(Self.line(index), notice: Self.notice)
            #expect(output.waiting <= 100_000)
        }
        async let read = ends.readAll()
        output.flush(milliseconds: 10_000)
        #expect(output.waiting == 0)
        ends.shutWriting()
        let lines = await read
        let (there, missing) = Self.account(lines)
        #expect(missing > 0)
        #expect(there.count + missing == count)
        #expect(there == there.sorted())
        // The gap is where the lines are missing: what came before the stall is there from the first on.
        #expect(there == Array(0..<there.count))
        #expect(lines.last == "left out: \(missing)")
    }

    @Test("a reader that goes on gets what waited without anybody writing more", arguments: Kind.allCases)
    private func goesOn(_ kind: Kind) async throws {
        let ends = try Ends(kind)
        let output = LineOutput(descriptor: ends.writing)
        for index in 0..<5000 { output.write(Self.line(index), notice: Self.notice) }
        #expect(output.waiting > 0)
        async let read = ends.readAll()
        try await eventually("nothing waits") { output.waiting == 0 }
        // And the thread is there again at the next stall.
        for index in 5000..<10_000 { output.write(Self.line(index), notice: Self.notice) }
        output.flush(milliseconds: 10_000)
        ends.shutWriting()
        let (there, missing) = Self.account(await read)
        #expect(missing == 0)
        #expect(there == Array(0..<10_000))
    }

    @Test("lines of many threads stay whole and none is lost, however the reader stalls", arguments: Kind.allCases)
    private func threads(_ kind: Kind) async throws {
        let ends = try Ends(kind)
        let output = LineOutput(descriptor: ends.writing, limit: 20_000)
        async let read = ends.readAll()
        await withTaskGroup { group in
            for thread in 0..<4 {
                group.addTask {
                    for index in 0..<5000 {
                        // Some are longer than what a pipe takes in one piece.
                        let length = index.isMultiple(of: 500) ? 10_000 : 50
                        output.write(Self.line(thread * 5000 + index, length: length), notice: Self.notice)
                    }
                }
            }
        }
        output.flush(milliseconds: 10_000)
        ends.shutWriting()
        let lines = await read
        let (there, missing) = Self.account(lines)
        #expect(Set(there).count == there.count)
        #expect(there.count + missing == 20_000)
        #expect(lines.allSatisfy { $0.hasPrefix("left out: ") || $0.utf8.count == 50 || $0.utf8.count == 10_000 })
    }

    @Test("a reader that is gone makes nobody wait, and nothing is kept for it", arguments: Kind.allCases)
    private func gone(_ kind: Kind) throws {
        signal(SIGPIPE, SIG_IGN)
        let ends = try Ends(kind)
        let output = LineOutput(descriptor: dup(ends.writing))
        close(dup(ends.reading))
        shutdown(ends.reading, CInt(SHUT_RDWR))
        let other = try Ends(.pipe)
        dup2(other.writing, ends.reading)
        for index in 0..<1000 { output.write(Self.line(index), notice: Self.notice) }
        #expect(output.waiting == 0)
    }

    @Test("the end of the process waits for a reader only so long")
    func boundedFlush() throws {
        let ends = try Ends(.pipe)
        let output = LineOutput(descriptor: ends.writing)
        for index in 0..<5000 { output.write(Self.line(index), notice: Self.notice) }
        let start = ContinuousClock.now
        output.flush(milliseconds: 50)
        let time = ContinuousClock.now - start
        #expect(output.waiting > 0)
        #expect(time >= .milliseconds(50))
        #expect(time < .seconds(5))
    }
}
