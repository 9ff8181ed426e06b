/// Turns the tree of a pattern into a program.
struct PatternCompiler {
    /// Repeated nothings come to no instructions, but take time to write out.
    private static let maximumSteps = 16 * Pattern.maximumInstructions

    private var instructions: [PatternProgram.Instruction] = []
    private var sets: [CharacterRanges] = []
    private var steps = 0

    mutating func compile(_ pattern: PatternNode) throws(SyntaxProblem) -> PatternProgram {
        try self.write(pattern)
        try self.append(.found)
        return PatternProgram(instructions: self.instructions, sets: self.sets)
    }

    private mutating func write(_ node: PatternNode) throws(SyntaxProblem) {
        self.steps += 1
        guard self.steps <= Self.maximumSteps else { throw Self.tooLarge }
        switch node {
        case .characters(let set):
            if !set.isInverted, let only = set.ranges.first, set.ranges.count == 1, only.count == 1 {
                try self.append(.character(only.lowerBound))
            } else {
                self.sets.append(set)
                try self.append(.set(self.sets.count - 1))
            }
        case .start: try self.append(.start)
        case .end: try self.append(.end)
        case .sequence(let nodes):
            for node in nodes { try self.write(node) }
        case .alternatives(let nodes): try self.write(alternatives: nodes)
        case .repeated(let node, let least, let most):
            for _ in 0..<least { try self.write(node) }
            if let most {
                try self.write(optional: node, upTo: most - least)
            } else {
                let start = try self.append(.split(0, 0))
                try self.write(node)
                try self.append(.jump(start))
                self.instructions[start] = .split(start + 1, self.instructions.count)
            }
        }
    }

    private mutating func write(alternatives nodes: [PatternNode]) throws(SyntaxProblem) {
        var ends: [Int] = []
        for node in nodes.dropLast() {
            let split = try self.append(.split(0, 0))
            try self.write(node)
            ends.append(try self.append(.jump(0)))
            self.instructions[split] = .split(split + 1, self.instructions.count)
        }
        if let last = nodes.last { try self.write(last) }
        for end in ends { self.instructions[end] = .jump(self.instructions.count) }
    }

    /// As often as possible, and each time is a way out: `(node(node(…)?)?)?`.
    private mutating func write(optional node: PatternNode, upTo count: Int) throws(SyntaxProblem) {
        var splits: [Int] = []
        for _ in 0..<count {
            splits.append(try self.append(.split(0, 0)))
            try self.write(node)
        }
        for split in splits { self.instructions[split] = .split(split + 1, self.instructions.count) }
    }

    /// - Returns: where it stands.
    @discardableResult
    private mutating func append(_ instruction: PatternProgram.Instruction) throws(SyntaxProblem) -> Int {
        guard self.instructions.count < Pattern.maximumInstructions else { throw Self.tooLarge }
        self.instructions.append(instruction)
        return self.instructions.count - 1
    }

    private static var tooLarge: SyntaxProblem {
        SyntaxProblem("is too large when its repetitions are written out (use smaller numbers in {…}, or * and +)")
    }
}
