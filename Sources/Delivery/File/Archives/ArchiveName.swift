/// The names of files that were rotated: `orders.ndjson.20201231T235959.123456Z`, with the time of the rotation in UTC, and `.gz` or
/// `.zst` behind it once they are compressed. Sorted by name they are sorted by time.
struct ArchiveName: Equatable {
    /// The name that the file had before.
    var base: String

    /// Nanoseconds since the Unix epoch, whole microseconds.
    var time: Int64

    /// Behind the time: empty, `.gz`, `.zst`, or one of them with `.new` while it is being written.
    var suffix: String

    static let draftSuffix = ".new"

    /// The time's length in a name: `.20201231T235959.123456Z`.
    private static let timeLength = 24

    init(base: String, time: Int64, suffix: String = "") {
        self.base = base
        self.time = time
        self.suffix = suffix
    }

    /// - Returns: nil for any other name.
    init?(_ name: String) {
        for suffix in ["", ".gz", ".zst", ".gz\(Self.draftSuffix)", ".zst\(Self.draftSuffix)"] where name.hasSuffix(suffix) {
            let bytes = Array(name.utf8.dropLast(suffix.utf8.count))
            guard bytes.count > Self.timeLength else { continue }
            let time = Array(bytes.suffix(Self.timeLength))
            guard time[0] == UInt8(ascii: "."), let parsed = Self.time(time) else { continue }
            self.init(base: String(decoding: bytes.dropLast(Self.timeLength), as: UTF8.self), time: parsed, suffix: suffix)
            return
        }
        return nil
    }

    var text: String {
        let digits = Array(Timestamp.format(self.time).utf8)
        // From `2020-12-31T23:59:59.123456789Z`.
        let time = [digits[0..<4], digits[5..<7], digits[8..<13], digits[14..<16], digits[17..<26]].joined()
        return "\(self.base).\(String(decoding: time, as: UTF8.self))Z\(self.suffix)"
    }

    private static func time(_ bytes: [UInt8]) -> Int64? {
        let parts: [[UInt8]] = [
            Array(bytes[1..<5]), Array(bytes[5..<7]), Array(bytes[7..<12]), Array(bytes[12..<14]), Array(bytes[14..<23]),
        ]
        let text = parts.map { String(decoding: $0, as: UTF8.self) }
        guard bytes[23] == UInt8(ascii: "Z") else { return nil }
        return Timestamp.parse("\(text[0])-\(text[1])-\(text[2]):\(text[3]):\(text[4])000Z")
    }

    /// A path for a file to be rotated to: one that nothing has yet, compressed or not.
    static func free(for path: String, at time: Int64, _ operations: FileOperations) throws(SystemCallError) -> String {
        var name = ArchiveName(base: path, time: time / 1000 * 1000)
        while true {
            var isFree = true
            for suffix in ["", ".gz", ".zst"] {
                name.suffix = suffix
                do {
                    _ = try operations.statusOfPath(name.text)
                    isFree = false
                } catch {
                    guard error.isMissing else { throw error }
                }
            }
            name.suffix = ""
            if isFree { return name.text }
            name.time += 1000
        }
    }
}
