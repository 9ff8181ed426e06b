import NIOCore
import Synchronization
import Testing

@testable import Delivery

@Suite("Pulse of a thread")
struct PulseTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .hours(1) + .seconds(seconds) }

    @Test("it is silent from when it was asked until it comes round")
    func silence() {
        let pulse = Pulse()
        pulse.start()
        #expect(pulse.state == .alive)
        #expect(pulse.ask(now: Self.at(1)))
        #expect(pulse.ask(now: Self.at(2)))
        #expect(pulse.state == .silent(since: Self.at(1)))
        pulse.beat()
        #expect(pulse.state == .alive)
    }

    @Test("there is nobody to ask before it starts and after it has ended")
    func notRunning() {
        let pulse = Pulse()
        #expect(!pulse.ask(now: Self.at(1)))
        pulse.start()
        #expect(pulse.ask(now: Self.at(2)))
        pulse.stop()
        #expect(pulse.state == .alive)
        #expect(!pulse.ask(now: Self.at(3)))
        // A thread that starts anew has not been asked.
        pulse.start()
        #expect(pulse.state == .alive)
    }

    @Test("inside of a call it waits for the disk; coming back from one is an answer, also with an error")
    func calls() throws {
        let pulse = Pulse()
        pulse.start()
        for fails in [false, true] {
            let before = NIODeadline.now()
            try? pulse.inCall { () throws(SystemCallError) in
                _ = pulse.ask(now: .now())
                guard case .waitingForDisk(let since) = pulse.state else {
                    Issue.record("\(pulse.state)")
                    return
                }
                #expect(since >= before)
                if fails { throw SystemCallError.inputOutput }
            }
            #expect(pulse.state == .alive)
        }
        // Not asked, it is alive wherever it is.
        try pulse.inCall { () throws(SystemCallError) in #expect(pulse.state == .alive) }
    }

    @Test("a writer that has nothing to do answers at once, and one that was closed is not asked")
    func idleWriter() async throws {
        try await withDirectory { directory in
            let sink = try fileSink("\(directory)/out")
            let probe = try #require(sink.probe)
            probe.ask()
            #expect(probe.state == .alive)
            try await with(sink) { _ in
                // Until its thread runs, there is nobody to ask.
                for _ in 0..<3 {
                    probe.ask()
                    while probe.state != .alive { await Task.yield() }
                }
            }
            probe.ask()
            #expect(probe.state == .alive)
        }
    }
}
