import Testing

@testable import Config

@Suite("Durations, sizes and times as text")
struct TextFormatsTests {
    @Test(
        "reads durations exactly, and prints them short",
        arguments: [
            ("500ms", 500_000_000, "500ms"), ("30s", 30_000_000_000, "30s"), ("5m", 300_000_000_000, "5m"),
            ("1h", 3_600_000_000_000, "1h"), ("1.5s", 1_500_000_000, "1.5s"), ("0.1h", 360_000_000_000, "6m"),
            ("90s", 90_000_000_000, "1m30s"), ("1h30m", 5_400_000_000_000, "1h30m"), ("1m0.25s", 60_250_000_000, "1m0.25s"),
            ("7us", 7_000, "7us"), ("1.5us", 1_500, "1.5us"), ("9ns", 9, "9ns"), ("0s", 0, "0s"), ("0.0000000010s", 1, "1ns"),
            ("1.000000001s", 1_000_000_001, "1.000000001s"), ("007s", 7_000_000_000, "7s"), ("48h", 172_800_000_000_000, "48h"),
            ("2562047h", 9_223_369_200_000_000_000, "2562047h"),
        ] as [(String, Int64, String)]
    )
    func durations(_ text: String, _ nanoseconds: Int64, _ printed: String) throws {
        #expect(try DurationText.parse(text) == .nanoseconds(nanoseconds))
        #expect(DurationText.print(.nanoseconds(nanoseconds)) == printed)
    }

    @Test(
        "refuses other durations",
        arguments: [
            "s", "1", "1 s", " 1s", "1s ", "+1s", "-1s", "1S", "1sec", "1d", "1,5s", ".5s", "1.s", "1..5s", "1.5.5s", "1s1s",
            "1ms1s",
            "1e3s", "0x1s", "1.5ns", "0.0000000001s", "2562048h", "99999999999999999999s", "2562047h48m", "١s", "1.\u{301}5s",
        ]
    )
    func noDurations(_ text: String) {
        #expect(throws: TextProblem.self) { try DurationText.parse(text) }
    }

    @Test(
        "reads sizes and prints them",
        arguments: [("512B", 512), ("64KiB", 65536), ("256MiB", 268_435_456), ("4GiB", 4_294_967_296), ("0B", 0)]
    )
    func sizes(_ text: String, _ bytes: Int) throws {
        #expect(try ByteSize(parsing: text) == ByteSize(bytes))
        #expect(ByteSize(bytes).description == text)
    }

    @Test(
        "refuses other sizes",
        arguments: ["", "64", "KiB", "64KB", "64kib", "1.5MiB", "-1B", "64 KiB", "9999999999GiB", "1MiB1B"]
    )
    func noSizes(_ text: String) {
        #expect(throws: TextProblem.self) { try ByteSize(parsing: text) }
    }

    @Test(
        "reads RFC 3339 times",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.000000001Z", 1),
            ("1970-01-01T01:00:00+01:00", 0),
            ("2000-02-29T12:34:56z", 951_827_696_000_000_000),
            ("2000-03-01t00:00:00Z", 951_868_800_000_000_000),
            ("2026-01-31T08:00:00-08:30", 1_769_877_000_000_000_000),
            ("2100-12-31T23:59:59.5Z", 4_133_980_799_500_000_000),
            ("2261-12-31T23:59:59.999999999Z", 9_214_646_399_999_999_999),
        ] as [(String, Int64)]
    )
    func times(_ text: String, _ nanoseconds: Int64) throws {
        #expect(try TimestampText.parse(text) == nanoseconds)
    }

    @Test(
        "refuses other times",
        arguments: [
            "2026-01-31", "2026-01-31T08:00:00", "2026-01-31 08:00:00Z", "2026-1-31T08:00:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2100-02-29T00:00:00Z", "2026-01-31T24:00:00Z",
            "2026-01-31T08:60:00Z",
            "2026-01-31T23:59:60Z", "2026-01-31T08:00:00.Z", "2026-01-31T08:00:00.1234567890Z", "2026-01-31T08:00:00+1:00",
            "2026-01-31T08:00:00Zx", "2300-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1738310400",
        ]
    )
    func noTimes(_ text: String) {
        #expect(throws: TextProblem.self) { try TimestampText.parse(text) }
    }

    @Test(
        "finds what a misspelt key was meant to be",
        arguments: [
            ("ackwait", "ack_wait"), ("ackWait", "ack_wait"), ("ack-wait", "ack_wait"), ("akc_wait", "ack_wait"),
            ("max_in_flight", "max_inflight"), ("durable", "durable_name"), ("chanel", "channel"), ("tp", "to"), ("zzz", nil),
            ("", nil),
        ] as [(String, String?)]
    )
    func suggestions(_ word: String, _ expected: String?) {
        let keys = ["name", "channel", "durable_name", "queue", "start_at", "max_inflight", "ack_wait", "to", "retry"]
        #expect(Suggestion.closest(to: word, among: keys) == expected)
    }
}
