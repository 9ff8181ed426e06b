/// The bounds of durations: short enough that no sum with a clock overflows, long enough for everybody.
enum Limits {
    static let millisecond = Duration.milliseconds(1)
    static let hour = Duration.seconds(3600)
    static let day = Duration.seconds(86400)
    static let century = Duration.seconds(100 * 365 * 86400)
}
