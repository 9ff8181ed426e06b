import HeapModule
import NIOCore

/// The lines of an ordered route: one, or one for each key. Of each line one message is under way at a time, the one with the lowest
/// sequence first.
///
/// The server sends in order, but what is lost on the way, or refused for lack of room, comes again later. What is known to be on
/// its way like this is a gap, and nothing behind a gap begins before it has come or its time is over.
struct RouteOrder {
    private struct Line {
        /// Whether a message of it is under way.
        var isBusy = false
        var waiting = Heap<UInt64>()
    }

    private struct Gap {
        var range: ClosedRange<UInt64>
        var deadline: NIODeadline
    }

    private let gapWait: TimeAmount?
    private var lines: [RouteKey: Line] = [:]

    /// By their sequences.
    private var gaps: [Gap] = []

    /// The highest sequence that was seen or is in a gap.
    private var frontier: UInt64 = 0

    /// Whether the connection was away since a message came for the first time: then some may be lost, even all that came before.
    private var mayHaveMissed = false

    init?(_ configuration: RouteLedger.Configuration) {
        if case .unordered = configuration.ordering { return nil }
        self.gapWait = configuration.gapWait
    }

    // MARK: Lines

    /// - Returns: the message that begins, if one does.
    mutating func add(_ sequence: UInt64, key: RouteKey) -> UInt64? {
        self.lines[key, default: Line()].waiting.insert(sequence)
        return self.next(of: key)
    }

    /// The message of this line that was under way has ended.
    ///
    /// - Returns: the message that begins, if one does.
    mutating func finished(key: RouteKey) -> UInt64? {
        self.lines[key]?.isBusy = false
        guard self.lines[key]?.waiting.isEmpty == false else {
            self.lines[key] = nil
            return nil
        }
        return self.next(of: key)
    }

    /// A message that stands in line is not to begin any more.
    mutating func withdraw(_ sequence: UInt64, key: RouteKey) {
        guard let line = self.lines[key] else { return }
        let others = line.waiting.unordered.filter { $0 != sequence }
        self.lines[key] = others.isEmpty && !line.isBusy ? nil : Line(isBusy: line.isBusy, waiting: Heap(others))
    }

    private mutating func next(of key: RouteKey) -> UInt64? {
        let bound = self.gaps.first?.range.lowerBound ?? .max
        guard let line = self.lines[key], !line.isBusy, let first = line.waiting.min, first < bound else { return nil }
        self.lines[key]?.isBusy = true
        return self.lines[key]?.waiting.popMin()
    }

    // MARK: Gaps

    /// Whether others wait for this message.
    func isMissing(_ sequence: UInt64) -> Bool {
        self.gaps.contains { $0.range.contains(sequence) }
    }

    /// When the first gap is over, whether it has been filled or not.
    var nextDeadline: NIODeadline? { self.gaps.lazy.map(\.deadline).min() }

    /// A message has come, whatever becomes of it. To be told before it stands in line; ``fill(_:)`` afterwards.
    mutating func saw(_ envelope: Envelope, now: NIODeadline) {
        let sequence = envelope.sequence
        guard sequence > self.frontier else { return }
        if self.mayHaveMissed, sequence > self.frontier + 1 {
            self.add(self.frontier + 1...sequence - 1, now: now)
        }
        // What the server had sent before may come in between; behind what it had not, nothing more is missing.
        if !envelope.redelivered { self.mayHaveMissed = false }
        self.frontier = sequence
    }

    /// A message is not missing any more.
    ///
    /// - Returns: the messages that begin because of that.
    mutating func fill(_ sequence: UInt64) -> [UInt64] {
        guard let index = self.gaps.firstIndex(where: { $0.range.contains(sequence) }) else { return [] }
        let gap = self.gaps.remove(at: index)
        if sequence < gap.range.upperBound {
            self.gaps.insert(Gap(range: sequence + 1...gap.range.upperBound, deadline: gap.deadline), at: index)
        }
        if sequence > gap.range.lowerBound {
            self.gaps.insert(Gap(range: gap.range.lowerBound...sequence - 1, deadline: gap.deadline), at: index)
        }
        return self.release()
    }

    /// A message has come for which there was no room. It comes again.
    mutating func refused(_ envelope: Envelope, now: NIODeadline) {
        self.saw(envelope, now: now)
        self.add(envelope.sequence...envelope.sequence, now: now)
    }

    mutating func sessionResumed(isNew: Bool, now: NIODeadline) {
        // A new session begins with all that is not acked, in order, so that nothing can be missed.
        self.mayHaveMissed = !isNew
        guard let gapWait = self.gapWait else { return }
        for index in self.gaps.indices { self.gaps[index].deadline = now + gapWait }
    }

    /// - Returns: the messages that begin because a gap's time is over.
    mutating func passGaps(now: NIODeadline) -> [UInt64] {
        guard let next = self.nextDeadline, next <= now else { return [] }
        self.gaps.removeAll { $0.deadline <= now }
        return self.release()
    }

    private mutating func add(_ range: ClosedRange<UInt64>, now: NIODeadline) {
        guard let gapWait = self.gapWait else { return }
        let index = self.gaps.firstIndex { $0.range.lowerBound > range.lowerBound } ?? self.gaps.endIndex
        self.gaps.insert(Gap(range: range, deadline: now + gapWait), at: index)
    }

    /// What a gap held up, lowest sequences first, so that the order in which lines go on is the same each time.
    private mutating func release() -> [UInt64] {
        self.lines.keys.compactMap { self.next(of: $0) }.sorted()
    }
}
