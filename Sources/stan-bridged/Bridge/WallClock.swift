import Glibc
import NIOCore

/// The time of day, for what people read.
enum WallClock {
    /// Nanoseconds since the Unix epoch.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Nanoseconds since the Unix epoch at the uptime 0, as the clock stands now.
    static var offset: Int64 { Self.now - Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
}
