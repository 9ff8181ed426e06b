/// Finds what a misspelt word was meant to be.
enum Suggestion {
    /// Beyond this many candidates a search is not worth its time.
    private static let maximumCandidates = 1000

    /// The candidate nearest to `word`, when it is near enough to be a slip (a third of its letters, and the case of all), else
    /// one that `word` is short for.
    static func closest(to word: String, among candidates: some Collection<String>) -> String? {
        guard candidates.count <= Self.maximumCandidates else { return nil }
        let letters = Self.folded(word)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let wanted = Self.folded(candidate)
            let limit = max(1, wanted.count / 3)
            guard abs(wanted.count - letters.count) <= limit, !letters.isEmpty else { continue }
            let distance = Self.distance(letters, wanted)
            if distance <= limit, distance < wanted.count, distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        if let best { return best.candidate }
        return letters.count < 3 ? nil : candidates.first { Self.folded($0).starts(with: letters) }
    }

    /// How many insertions, removals, changes and swaps of neighbours turn one word into the other.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var cost = previous[column] + (left[row] == right[column] ? 0 : 1)
                cost = min(cost, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }

    /// Lower case, and `-` for `_`: `ackWait` and `ack-wait` are both near `ack_wait`.
    private static func folded(_ word: String) -> [UInt8] {
        word.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            case UInt8(ascii: "-"): UInt8(ascii: "_")
            default: byte
            }
        }
    }
}
