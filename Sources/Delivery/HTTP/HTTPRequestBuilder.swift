/// What a request says about its message, in header lines without their line ends.
///
/// Lines that all messages of a route share are built once as strings. The others are written in place into memory that a
/// transfer keeps: only their values change from message to message, their names stay.
struct HTTPRequestBuilder: ~Copyable {
    /// One of the lines that differ from message to message, in the order they are sent.
    enum Line: Int, CaseIterable {
        case sequence
        case timestamp
        case attempt
        case idempotencyKey

        fileprivate var name: StaticString {
            switch self {
            case .sequence: "Stan-Sequence: "
            case .timestamp: "Stan-Timestamp: "
            case .attempt: "Stan-Attempt: "
            case .idempotencyKey: "Idempotency-Key: "
            }
        }

        /// The most bytes the value can have; for the key, behind the route's part of it.
        fileprivate var valueLength: Int {
            switch self {
            case .sequence, .idempotencyKey: 20  // UInt64.max
            case .timestamp: Timestamp.length
            case .attempt: 10  // UInt32.max
            }
        }

        /// Where the line starts in memory. The key comes last, because the route's part of it may be of any length.
        fileprivate var offset: Int {
            Self.allCases.prefix(self.rawValue).reduce(0) { $0 + $1.name.utf8CodeUnitCount + $1.valueLength + 1 }
        }
    }

    private var memory: UnsafeMutableRawBufferPointer
    private let sequence: Int
    private let timestamp: Int
    private let attempt: Int
    private let key: Int
    private var keyValue: Int

    init() {
        self.memory = .allocate(byteCount: 512, alignment: 1)
        self.sequence = Line.sequence.offset + Line.sequence.name.utf8CodeUnitCount
        self.timestamp = Line.timestamp.offset + Line.timestamp.name.utf8CodeUnitCount
        self.attempt = Line.attempt.offset + Line.attempt.name.utf8CodeUnitCount
        self.key = Line.idempotencyKey.offset + Line.idempotencyKey.name.utf8CodeUnitCount
        self.keyValue = self.key
        for line in Line.allCases {
            let name = UnsafeRawBufferPointer(start: line.name.utf8Start, count: line.name.utf8CodeUnitCount)
            UnsafeMutableRawBufferPointer(rebasing: self.memory[line.offset...]).copyMemory(from: name)
        }
        self.memory[self.timestamp + Timestamp.length] = 0
    }

    deinit { self.memory.deallocate() }

    /// The line as a C string. Stays where it is until `use(keyPrefix:)` is called.
    func text(of line: Line) -> UnsafeMutableRawPointer? {
        self.memory.baseAddress.map { $0 + line.offset }
    }

    /// Sets the route's part of the idempotency key. May move the lines.
    mutating func use(keyPrefix: [UInt8]) {
        let needed = self.key + keyPrefix.count + Line.idempotencyKey.valueLength + 1
        if needed > self.memory.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: needed, alignment: 1)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: self.memory[..<self.key]))
            self.memory.deallocate()
            self.memory = larger
        }
        UnsafeMutableRawBufferPointer(rebasing: self.memory[self.key...]).copyBytes(from: keyPrefix)
        self.keyValue = self.key + keyPrefix.count
    }

    /// Writes the values for one attempt to deliver one message.
    mutating func write(sequence: UInt64, timestamp: Int64, attempt: UInt32) {
        let digits = self.write(decimal: sequence, at: self.sequence)
        let source = UnsafeRawBufferPointer(rebasing: self.memory[self.sequence...(self.sequence + digits)])
        UnsafeMutableRawBufferPointer(rebasing: self.memory[self.keyValue...]).copyMemory(from: source)
        Timestamp.write(timestamp, to: UnsafeMutableRawBufferPointer(rebasing: self.memory[self.timestamp...]))
        _ = self.write(decimal: UInt64(attempt), at: self.attempt)
    }

    /// Writes the number's digits and a zero byte, and returns how many digits there are.
    private func write(decimal number: UInt64, at offset: Int) -> Int {
        var count = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        rest = number
        for index in stride(from: offset + count - 1, through: offset, by: -1) {
            self.memory[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        self.memory[offset + count] = 0
        return count
    }

    // MARK: What a route's messages share

    static let redeliveredLine = "Stan-Redelivered: true"
    static let jsonContentType = "application/json"
    static let otherContentType = "application/octet-stream"

    /// The lines that say where the route's messages come from.
    ///
    /// Names of channels are checked long before, and still nothing that comes from outside goes into a header as it is: bytes
    /// outside visible ASCII, and `%`, are percent-encoded.
    static func lines(of context: RouteContext) -> [String] {
        [
            Self.line("Stan-Cluster", HTTPText.percentEncoded(context.cluster)),
            Self.line("Stan-Channel", HTTPText.percentEncoded(context.channel)),
        ]
    }

    /// The lines that say why a message is a dead letter. A reason can hold what an endpoint answered, so it is made printable.
    static func lines(of deadLetter: DeadLetter, of context: RouteContext) -> [String] {
        [
            Self.line("Stan-Dead-Letter-Route", HTTPText.percentEncoded(context.route)),
            Self.line("Stan-Dead-Letter-Sink", HTTPText.percentEncoded(context.sinkName(deadLetter.sink))),
            Self.line("Stan-Dead-Letter-Attempts", String(deadLetter.attempts)),
            Self.line("Stan-Dead-Letter-Reason", HTTPText.printable(deadLetter.reason)),
        ]
    }

    /// The route's part of the idempotency key: `CLUSTER/CHANNEL/`, encoded like the lines.
    static func keyPrefix(of context: RouteContext) -> [UInt8] {
        Array("\(HTTPText.percentEncoded(context.cluster))/\(HTTPText.percentEncoded(context.channel))/".utf8)
    }

    /// A line in libcurl's spelling, which takes `Name:` for "do not send" and `Name;` for a header without a value.
    static func line(_ name: String, _ value: String) -> String {
        value.allSatisfy { $0 == " " || $0 == "\t" } ? "\(name);" : "\(name): \(value)"
    }
}
