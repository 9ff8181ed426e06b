import Delivery
import Glibc
import Testing

@Suite("Stdout sink")
struct StdoutSinkTests {
    private func withPipe(_ body: (_ read: Int32, _ write: Int32) async throws -> Void) async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        try await body(ends[0], ends[1])
    }

    private func sink(_ descriptor: Int32, format: RecordFormat = .raw) -> StdoutSink {
        StdoutSink(name: "out", format: format, descriptor: descriptor, logger: LogCollector.logger().0)
    }

    @Test("messages are written as lines, however slowly they are read")
    func writes() async throws {
        try await self.withPipe { read, write in
            let receiver = ReportCollector()
            try await with(self.sink(write)) { sink in
                sink.deliver(batch(1...50_000, to: receiver))
                let expected = (1...50_000).map { "message \($0)\n" }.joined()
                var found: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 10_000)
                while found.count < expected.utf8.count {
                    let count = Glibc.read(read, &chunk, chunk.count)
                    try #require(count > 0)
                    found += chunk.prefix(count)
                }
                #expect(found == Array(expected.utf8))
                await receiver.waitFor(50_000)
            }
            #expect(receiver.delivered == Array(1...50_000))
        }
    }

    @Test("a reader that has gone is a failure that says so, and not the end of the process")
    func brokenPipe() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let receiver = ReportCollector()
        try await with(self.sink(ends[1])) { sink in
            sink.deliver(batch(1...3, to: receiver) { $0 == 2 ? "\n" : "one" })
            await receiver.waitFor(3)
        }
        #expect(receiver.delivered == [])
        #expect(receiver.failed.map(\.sequence).sorted() == [1, 2, 3])
        #expect(receiver.reasons.contains("standard output is closed: nobody reads it any more (Broken pipe)"))
    }

    @Test("a closed stdout cannot be opened")
    func closed() throws {
        let sink = self.sink(1_000_000)
        let error = #expect(throws: SinkError.self) { try sink.open() }
        #expect(error?.description.contains("standard output is closed") == true)
    }

    @Test("close does not wait for a reader that has stopped reading")
    func closesWhileBlocked() async throws {
        try await self.withPipe { _, write in
            let receiver = ReportCollector()
            try await with(self.sink(write, format: .json)) { sink in
                sink.deliver(batch(1...10, to: receiver))
                await receiver.waitFor(10)
                sink.deliver(batch(11...50_000, to: receiver))
            }
            #expect(receiver.delivered == Array(1...10))
        }
    }
}
