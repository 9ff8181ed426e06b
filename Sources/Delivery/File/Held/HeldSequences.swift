/// Which messages of one channel a file holds: pure.
///
/// A message is told by its sequence and its timestamp, for a server that has lost its store gives sequences out again. Within one
/// life of a channel a higher sequence never has an earlier timestamp, so what is held in a row lies in a rectangle, from one
/// sequence and time to another, and a message inside of it is held. One whose sequence lies inside and whose time does not is
/// another message.
///
/// A rectangle must not reach from one life into the next, for it would swallow what begins the new one. Within a segment of the
/// writing (no failure, no restart, one memory of the route) messages come in the order of their sequences, so only what belongs to
/// one segment is taken together.
struct HeldSequences: Equatable, Sendable {
    /// Messages with all the sequences from `first` to `last`.
    struct Run: Equatable, Sendable {
        var first: UInt64
        var last: UInt64
        var firstTimestamp: Int64
        var lastTimestamp: Int64

        /// Which segment of the writing it belongs to; not kept on disk.
        var segment: UInt32 = 0

        func contains(_ timestamp: Int64) -> Bool { self.firstTimestamp <= timestamp && timestamp <= self.lastTimestamp }
    }

    /// The runs of each life of the channel that could be told apart, the oldest life first. Within a life, sequences and timestamps
    /// rise from run to run.
    private(set) var lives: [[Run]] = []

    /// How many runs there are.
    private(set) var runCount = 0

    /// How many runs are kept at most. Gaps come from messages that are not for this file, so most channels have one run.
    static let maximumRuns = 16_384

    /// How many lives are kept at most.
    static let maximumLives = 8

    /// How many of a life's last runs are never taken together with others once their segment is over.
    static let recentRuns = 16

    var isEmpty: Bool { self.runCount == 0 }

    @inline(__always)
    func contains(_ sequence: UInt64, _ timestamp: Int64) -> Bool {
        // Most messages are newer than all that is held.
        for life in self.lives where !life.isEmpty {
            let last = life[life.count - 1]
            if sequence <= last.last, timestamp <= last.lastTimestamp, Self.contains(life, sequence, timestamp) { return true }
        }
        return false
    }

    private static func contains(_ life: [Run], _ sequence: UInt64, _ timestamp: Int64) -> Bool {
        let index = Self.index(in: life, startingAtMost: sequence)
        guard index >= 0 else { return false }
        return sequence <= life[index].last && life[index].contains(timestamp)
    }

    /// Adds a message that is not held yet.
    @inline(__always)
    mutating func insert(_ sequence: UInt64, _ timestamp: Int64, segment: UInt32) {
        if self.extendLast(sequence, timestamp, segment) { return }
        self.insert(
            Run(first: sequence, last: sequence, firstTimestamp: timestamp, lastTimestamp: timestamp, segment: segment)
        )
    }

    @inline(__always)
    private mutating func extendLast(_ sequence: UInt64, _ timestamp: Int64, _ segment: UInt32) -> Bool {
        let life = self.lives.count - 1
        guard life >= 0 else { return false }
        let run = self.lives[life].count - 1
        guard run >= 0, self.lives[life][run].last &+ 1 == sequence, self.lives[life][run].lastTimestamp <= timestamp,
            self.lives[life][run].segment == segment
        else { return false }
        self.lives[life][run].last = sequence
        self.lives[life][run].lastTimestamp = timestamp
        return true
    }

    /// Adds messages none of which is held yet.
    mutating func insert(_ run: Run) {
        for life in self.lives.indices.reversed() {
            if self.insert(run, intoLife: life) { return }
        }
        self.lives.append([run])
        self.runCount += 1
        self.trim()
    }

    /// Adds a life behind those that are there, as it was read: with no segment, and what is long past taken together.
    mutating func append(life: [Run]) {
        var runs: [Run] = []
        for (index, run) in life.enumerated() {
            if index < life.count - Self.recentRuns, let left = runs.last, left.last + 1 == run.first,
                left.lastTimestamp <= run.firstTimestamp
            {
                runs[runs.count - 1].last = run.last
                runs[runs.count - 1].lastTimestamp = run.lastTimestamp
            } else {
                runs.append(run)
            }
        }
        guard !runs.isEmpty else { return }
        self.lives.append(runs)
        self.runCount += runs.count
        self.trim()
    }

    /// Adds messages, some of which may be held.
    mutating func insertMissing(_ run: Run) {
        let isHeld = self.lives.contains { life in
            let index = Self.index(in: life, startingAtMost: run.first)
            return index >= 0 && run.last <= life[index].last && life[index].contains(run.firstTimestamp)
                && life[index].contains(run.lastTimestamp)
        }
        guard !isHeld else { return }
        self.insert(run)
    }

    mutating func formUnion(_ other: HeldSequences) {
        for life in other.lives {
            for run in life { self.insert(run) }
        }
    }

    /// - Returns: false when the messages cannot be of this life.
    private mutating func insert(_ run: Run, intoLife life: Int) -> Bool {
        let before = Self.index(in: self.lives[life], startingAtMost: run.first)
        let after = before + 1
        var joinsBefore = false
        var joinsAfter = false
        if before >= 0 {
            let left = self.lives[life][before]
            guard left.last < run.first, left.lastTimestamp <= run.firstTimestamp else { return false }
            joinsBefore = left.last + 1 == run.first && left.segment == run.segment
        }
        if after < self.lives[life].count {
            let right = self.lives[life][after]
            guard run.last < right.first, run.lastTimestamp <= right.firstTimestamp else { return false }
            joinsAfter = run.last + 1 == right.first && right.segment == run.segment
        }
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            self.lives[life][before].last = self.lives[life][after].last
            self.lives[life][before].lastTimestamp = self.lives[life][after].lastTimestamp
            self.lives[life].remove(at: after)
            self.runCount -= 1
        case (true, false):
            self.lives[life][before].last = run.last
            self.lives[life][before].lastTimestamp = run.lastTimestamp
        case (false, true):
            self.lives[life][after].first = run.first
            self.lives[life][after].firstTimestamp = run.firstTimestamp
        case (false, false):
            self.lives[life].insert(run, at: after)
            self.runCount += 1
            self.trim()
        }
        return true
    }

    /// Forgets the oldest where there is too much: that is what the server is least likely to send again.
    private mutating func trim() {
        if self.lives.count > Self.maximumLives {
            self.runCount -= self.lives.removeFirst().count
        }
        guard self.runCount > Self.maximumRuns else { return }
        // An eighth at once, so that it does not happen with every message.
        var excess = Self.maximumRuns / 8
        while excess > 0, let oldest = self.lives.first {
            let count = min(excess, oldest.count)
            if count == oldest.count {
                self.lives.removeFirst()
            } else {
                self.lives[0].removeFirst(count)
            }
            self.runCount -= count
            excess -= count
        }
    }

    /// - Returns: the index of the last run that starts at `sequence` or before; -1 when there is none.
    private static func index(in life: [Run], startingAtMost sequence: UInt64) -> Int {
        var low = 0
        var high = life.count
        while low < high {
            let middle = (low + high) / 2
            if life[middle].first <= sequence { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }
}
