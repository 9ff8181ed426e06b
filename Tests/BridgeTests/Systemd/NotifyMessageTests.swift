import NIOCore
import Testing

@testable import stan_bridged

@Suite("Messages to systemd")
struct NotifyMessageTests {
    @Test("each is what sd_notify(3) wants, a variable a line")
    func variables() {
        #expect(NotifyMessage().ready.status("connected").text == "READY=1\nSTATUS=connected")
        let reloading = NotifyMessage().reloading(now: .uptimeNanoseconds(12_345_678_999))
        #expect(reloading.text == "RELOADING=1\nMONOTONIC_USEC=12345678")
        #expect(NotifyMessage().stopping.extendTimeout(.seconds(60)).text == "STOPPING=1\nEXTEND_TIMEOUT_USEC=60000000")
        #expect(NotifyMessage().watchdog.text == "WATCHDOG=1")
    }

    @Test("nothing in a status can be taken for a variable", arguments: ["\n", "\r\n", "\0", "\u{1b}", "\u{85}"])
    func statusOfOneLine(_ text: String) {
        let message = NotifyMessage().status("refused:\(text)READY=1")
        #expect(message.lines.count == 1)
        #expect(message.text.hasPrefix("STATUS=refused: "))
        #expect(message.text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }

    @Test("a long status is cut, between characters")
    func longStatus() {
        let text = NotifyMessage().status(String(repeating: "ü", count: 400)).text
        #expect(text == "STATUS=\(String(repeating: "ü", count: NotifyMessage.longestStatus / 2))…")
    }

    @Test("the watchdog's time is taken from the environment, where it is meant for this process")
    func watchdogSettings() {
        func settings(_ variables: [String: String]) -> WatchdogSettings? {
            WatchdogSettings({ variables[$0] }, processID: 42)
        }
        #expect(settings(["WATCHDOG_USEC": "60000000"])?.interval == .seconds(60))
        #expect(settings(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "42"])?.interval == .seconds(60))
        #expect(settings(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "43"]) == nil)
        #expect(settings(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "x"]) == nil)
        for text in ["", "0", "-1", "x", "1.5", "18446744073709551616", "9223372036854775807"] {
            #expect(settings(["WATCHDOG_USEC": text]) == nil, "\(text)")
        }
        #expect(settings([:]) == nil)
    }
}
