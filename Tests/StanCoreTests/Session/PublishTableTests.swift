import NIOCore
import Testing

@testable import StanCore

@Suite("Published messages that wait for acks")
struct PublishTableTests {
    /// The table hands completions out and never calls them.
    private func add(to table: inout PublishTable, at time: Int64 = 0) -> String {
        let number = table.add(now: NIODeadline.uptimeNanoseconds(0) + .seconds(time)) { _ in Issue.record("called") }
        return table.guid(of: number)
    }

    @Test("118 Each is taken once, in any order")
    func once() {
        var table = PublishTable(timeout: .seconds(30))
        let guids = (0..<10).map { _ in self.add(to: &table) }
        #expect(Set(guids).count == 10)
        for index in [3, 0, 1, 9, 2, 4, 8, 7, 5, 6] {
            #expect(table.take(guids[index]) != nil)
            #expect(table.take(guids[index]) == nil)
        }
        #expect(table.count == 0)
        #expect(table.nextDeadline == nil)
        #expect(!guids.contains(self.add(to: &table)))
    }

    @Test("Strange guids are nobody's")
    func strange() {
        var table = PublishTable(timeout: .seconds(30))
        let guid = self.add(to: &table)
        for other in [
            "", "x", guid + "0", guid.dropLast() + "0", guid.dropLast() + "-1", guid.dropLast() + "99999999999999999999",
        ] {
            #expect(table.take(String(other)) == nil)
        }
        #expect(table.count == 1)
    }

    @Test("Those whose time is up come out, oldest first; acked ones do not")
    func expiry() {
        var table = PublishTable(timeout: .seconds(30))
        let guids = (0..<6).map { self.add(to: &table, at: Int64($0)) }
        _ = table.take(guids[1])
        _ = table.take(guids[4])
        #expect(table.nextDeadline == NIODeadline.uptimeNanoseconds(0) + .seconds(30))
        #expect(table.takeExpired(now: NIODeadline.uptimeNanoseconds(0) + .seconds(32)).map(\.guid) == [guids[0], guids[2]])
        #expect(table.nextDeadline == NIODeadline.uptimeNanoseconds(0) + .seconds(33))
        #expect(table.take(guids[0]) == nil)
        #expect(table.count == 2)
        #expect(table.takeAll().count == 2)
        #expect(table.take(guids[5]) == nil)
    }
}
