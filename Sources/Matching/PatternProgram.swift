/// A pattern as instructions, and how they are followed: every instruction that a match could have come to is in a list, which
/// moves on with each character of the text (Thompson's construction).
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case character(UInt32)
        /// One of a set, by its index.
        case set(Int)
        /// Both ways.
        case split(Int, Int)
        case jump(Int)
        /// Goes on only at the start of the text.
        case start
        /// Goes on only at its end.
        case end
        case found
    }

    private let instructions: [Instruction]
    private let sets: [CharacterRanges]

    /// Whether every way through the program begins at the start of the text.
    private let isAnchored: Bool

    init(instructions: [Instruction], sets: [CharacterRanges]) {
        self.instructions = instructions
        self.sets = sets
        self.isAnchored = Self.isAnchored(instructions)
    }

    private static func isAnchored(_ instructions: [Instruction]) -> Bool {
        var seen: Set<Int> = []
        var stack = [0]
        while let index = stack.popLast() {
            guard seen.insert(index).inserted else { continue }
            switch instructions[index] {
            case .character, .set, .end, .found: return false
            case .start: break
            case .jump(let target): stack.append(target)
            case .split(let first, let second): stack += [first, second]
            }
        }
        return true
    }

    func isFound(in text: UnsafeRawBufferPointer) -> Bool {
        let count = self.instructions.count
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: 5 * count) { memory in
            guard let base = memory.baseAddress else { return false }
            var search = Search(program: self, memory: base, count: count)
            return search.run(text)
        }
    }

    /// One search in one text.
    private struct Search {
        private let program: PatternProgram

        /// The instructions that wait for the next character, and those for the one after.
        private var current: UnsafeMutablePointer<Int>
        private var next: UnsafeMutablePointer<Int>
        private var currentCount = 0
        private var nextCount = 0

        /// For each instruction the last place in the text at which it was come to.
        private let visited: UnsafeMutablePointer<Int>

        /// An instruction leaves at most two behind, and is left once a place: twice the program is room enough.
        private let stack: UnsafeMutablePointer<Int>

        init(program: PatternProgram, memory: UnsafeMutablePointer<Int>, count: Int) {
            self.program = program
            self.current = memory
            self.next = memory + count
            self.visited = memory + 2 * count
            self.stack = memory + 3 * count
            self.visited.initialize(repeating: -1, count: count)
        }

        mutating func run(_ text: UnsafeRawBufferPointer) -> Bool {
            var offset = 0
            while true {
                let isEnd = offset == text.count
                // A match can start here too.
                if offset == 0 || !self.program.isAnchored {
                    if self.follow(0, at: offset, isEnd: isEnd) { return true }
                }
                swap(&self.current, &self.next)
                self.currentCount = self.nextCount
                self.nextCount = 0
                if isEnd || (self.currentCount == 0 && self.program.isAnchored) { return false }

                let code = Self.codePoint(in: text, at: &offset)
                for position in 0..<self.currentCount {
                    let index = self.current[position]
                    let fits =
                        switch self.program.instructions[index] {
                        case .character(let wanted): wanted == code
                        case .set(let set): self.program.sets[set].contains(code)
                        default: false
                        }
                    if fits, self.follow(index + 1, at: offset, isEnd: offset == text.count) { return true }
                }
            }
        }

        /// Goes on until characters are needed.
        ///
        /// - Returns: whether the pattern is found.
        private mutating func follow(_ first: Int, at offset: Int, isEnd: Bool) -> Bool {
            self.stack[0] = first
            var depth = 1
            while depth > 0 {
                depth -= 1
                let index = self.stack[depth]
                guard self.visited[index] != offset else { continue }
                self.visited[index] = offset
                switch self.program.instructions[index] {
                case .found:
                    return true
                case .character, .set:
                    self.next[self.nextCount] = index
                    self.nextCount += 1
                case .jump(let target):
                    self.stack[depth] = target
                    depth += 1
                case .split(let first, let second):
                    self.stack[depth] = second
                    self.stack[depth + 1] = first
                    depth += 2
                case .start where offset == 0, .end where isEnd:
                    self.stack[depth] = index + 1
                    depth += 1
                case .start, .end:
                    break
                }
            }
            return false
        }

        /// Takes a code point; of bytes that are no UTF-8, one, as the replacement character.
        private static func codePoint(in text: UnsafeRawBufferPointer, at offset: inout Int) -> UInt32 {
            let first = text[offset]
            offset += 1
            let length: Int
            var code: UInt32
            switch first {
            case ..<0x80: return UInt32(first)
            case 0xC2...0xDF: (length, code) = (1, UInt32(first & 0x1F))
            case 0xE0...0xEF: (length, code) = (2, UInt32(first & 0x0F))
            case 0xF0...0xF4: (length, code) = (3, UInt32(first & 0x07))
            default: return 0xFFFD
            }
            guard text.count - offset >= length else { return 0xFFFD }
            for index in offset..<(offset + length) {
                guard text[index] & 0xC0 == 0x80 else { return 0xFFFD }
                code = code << 6 | UInt32(text[index] & 0x3F)
            }
            offset += length
            return code
        }
    }
}
