import Delivery
import NIOCore
import Testing

@testable import stan_bridged

@Suite("When the watchdog is fed")
struct WatchdogScheduleTests {
    private var schedule = WatchdogSchedule(interval: .seconds(60))

    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .hours(1) + .seconds(seconds) }

    private mutating func turn(_ seconds: Int64, _ states: (name: String, state: Pulse.State)...) -> WatchdogSchedule.Turn {
        self.schedule.turn(states, now: Self.at(seconds))
    }

    @Test("at once, and then after every half of its interval")
    mutating func halves() {
        let fed = (0...120).filter { self.turn(Int64($0), ("loop", .alive)).feeds }
        #expect(fed == [0, 30, 60, 90, 120])
    }

    @Test("not while a thread is silent, of which the log says so once; and at once when it has answered")
    mutating func silence() {
        #expect(self.turn(0, ("loop", .alive), ("http", .alive)).feeds)
        // It may take its time until the next turn is due.
        #expect(self.turn(29, ("loop", .alive), ("http", .silent(since: Self.at(0)))) == .init())
        let due = self.turn(30, ("loop", .alive), ("http", .silent(since: Self.at(0))))
        #expect(due == .init(feeds: false, lines: [.silent("http", .seconds(30))]))
        #expect(self.turn(33, ("loop", .alive), ("http", .silent(since: Self.at(0)))) == .init())
        let back = self.turn(36, ("loop", .alive), ("http", .alive))
        #expect(back == .init(feeds: true, lines: [.comesRoundAgain("http")]))
        #expect(self.turn(65, ("loop", .alive), ("http", .alive)) == .init())
        #expect(self.turn(66, ("loop", .alive), ("http", .alive)).feeds)
    }

    @Test("also while a thread waits for the disk, of which the log says so once")
    mutating func disk() {
        #expect(self.turn(0, ("writer", .alive)).feeds)
        let due = self.turn(30, ("writer", .waitingForDisk(since: Self.at(1))))
        #expect(due == .init(feeds: true, lines: []))
        let later = self.turn(31, ("writer", .waitingForDisk(since: Self.at(1))))
        #expect(later == .init(feeds: false, lines: [.waitsForDisk("writer", .seconds(30))]))
        #expect(self.turn(60, ("writer", .waitingForDisk(since: Self.at(1)))) == .init(feeds: true, lines: []))
        #expect(self.turn(61, ("writer", .alive)) == .init(feeds: false, lines: [.diskHasAnswered("writer")]))
    }

    @Test("a thread that is gone holds nothing up, and one of the same name is another")
    mutating func gone() {
        #expect(self.turn(0, ("writer", .alive)).feeds)
        #expect(self.turn(30, ("writer", .silent(since: Self.at(0)))).lines == [.silent("writer", .seconds(30))])
        #expect(self.turn(33).feeds)
        #expect(self.turn(63, ("writer", .silent(since: Self.at(33)))).lines == [.silent("writer", .seconds(30))])
    }
}
