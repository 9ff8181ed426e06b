/// Reads what the lines of a file of JSON records say of themselves: which messages they are.
struct JSONRecordScan {
    /// What was found.
    struct Result: Equatable {
        /// The messages, whole lines each.
        var held = HeldMessages()

        var messages = 0

        /// Lines that are no records: others may have written them. They are left where they are.
        var strangeLines = 0

        /// Where a line begins that a power failure has left holes in, if one has.
        var hole: Int64?
    }

    private static let chunk = 1 << 20

    private var result = Result()

    /// The text before a sequence is the same for all messages of a channel.
    private var openings: [[UInt8]: String] = [:]

    private init() {}

    /// - Parameters:
    ///   - range: bytes of the file that begin and end with whole lines.
    /// - Throws: when the file cannot be read.
    static func scan(
        _ range: Range<Int64>,
        of descriptor: Int32,
        operations: FileOperations
    ) throws(SystemCallError) -> Result {
        var scan = JSONRecordScan()
        var pending: [UInt8] = []
        var start = range.lowerBound
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(Int64(self.chunk), range.upperBound - offset))
            let bytes = try operations.bytes(of: descriptor, at: offset, count: count)
            guard !bytes.isEmpty else { break }
            offset += Int64(bytes.count)
            pending += bytes
            var lineStart = 0
            while let newline = pending[lineStart...].firstIndex(of: 0x0A) {
                scan.take(pending[lineStart..<newline], at: start + Int64(lineStart))
                if scan.result.hole != nil { return scan.result }
                lineStart = newline + 1
            }
            pending.removeFirst(lineStart)
            start += Int64(lineStart)
        }
        return scan.result
    }

    private mutating func take(_ line: ArraySlice<UInt8>, at offset: Int64) {
        if let (source, sequence, timestamp) = self.message(in: line) {
            self.result.held.add(sequence, timestamp, of: source)
            self.result.messages += 1
        } else if line.contains(0) {
            // Bytes that never reached the disk read as zero, which no JSON has in it.
            self.result.hole = offset
        } else {
            self.result.strangeLines += 1
        }
    }

    private mutating func message(in line: ArraySlice<UInt8>) -> (HeldMessages.Source, UInt64, Int64)? {
        var rest = line
        guard line.withUnsafeBytes({ JSONText.isValid($0) }), Self.skip("{\"channel\":", &rest),
            let channelText = Self.stringText(&rest), Self.skip(",\"sequence\":", &rest),
            let sequence = Self.number(&rest), Self.skip(",\"timestamp\":", &rest),
            let time = Self.stringText(&rest), let timestamp = Timestamp.parse(Self.text(time))
        else { return nil }
        _ = Self.skip(",\"redelivered\":true", &rest)
        var origin: HeldMessages.DeadLetterOrigin?
        if Self.skip(",\"route\":", &rest) {
            guard let route = Self.stringText(&rest), Self.skip(",\"sink\":", &rest), let sink = Self.stringText(&rest) else {
                return nil
            }
            origin = HeldMessages.DeadLetterOrigin(route: Self.text(route), sink: Self.text(sink))
        }
        let channel: String
        if let known = self.openings[Array(channelText)] {
            channel = known
        } else {
            channel = Self.text(channelText)
            self.openings[Array(channelText)] = channel
        }
        return (HeldMessages.Source(channel: channel, deadLetter: origin), sequence, timestamp)
    }

    private static func skip(_ text: StaticString, _ rest: inout ArraySlice<UInt8>) -> Bool {
        let text = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard rest.starts(with: text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    /// - Returns: what is between the quotes, with its escapes.
    private static func stringText(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        var end = rest.startIndex + 1
        while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") { end += rest[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < rest.endIndex else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[(rest.startIndex + 1)..<end]
    }

    private static func text(_ string: ArraySlice<UInt8>) -> String {
        String(decoding: string.withUnsafeBytes { JSONString.decoded($0) }, as: UTF8.self)
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        let digits = rest.prefix { UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "9") }
        rest = rest.dropFirst(digits.count)
        return UInt64(String(decoding: digits, as: UTF8.self))
    }
}
