@testable import Config

/// What a schema cannot say, and `check` does: the same list as in docs/configuration.md.
enum Beyond: String, CaseIterable {
    /// Whether parts that name or meet one another fit together.
    case parts
    /// How much a duration or a size comes to.
    case amounts
    /// What lies outside the file.
    case outside
    /// How something is written that means the same.
    case writing
    /// Whether a text keeps to rules that are no regular expression.
    case notation

    /// How messages of each kind can be told.
    private var signs: [String] {
        switch self {
        case .parts:
            [
                "there is no sink ", "is one of the sinks in \"to\"", " is taken by ", " is in use by ",
                " too (a file has one sink",
                "is the same file for the channels", "is no channel when it is filled in", ", which this route reads: ",
                "messages would go round for ever", "is in \"retry_on\" too", "the header is there twice",
                " a second time (remove it)",
            ]
        case .amounts:
            [
                "must be whole seconds", "must be at least 1s", "is longer than can be counted", "is finer than a nanosecond",
                "is larger than can be counted", "must not be shorter than \"", "must not be longer than \"max\"",
                "must be shorter than the ack wait",
            ]
        case .outside:
            [
                "cannot read the file ", "the environment has no variable ", "the environment variable ",
                "$CREDENTIALS_DIRECTORY",
                "the file \"", "is relative to a folder with",
            ]
        case .writing:
            [
                "(write it without \".\" and exponent)", " appears twice in one object", "must not be longer than 128 bytes",
                "must not be longer than 1024 bytes", "must be a path of at most 107 bytes",
            ]
        case .notation:
            [
                "something else than an IPv6 address", "user info that is not UTF-8",
                "must not have control characters before '@'",
                "other conditions", "th condition of the route",
            ]
        }
    }

    static func kind(of error: Diagnostic) -> Beyond? {
        if let kind = Self.allCases.first(where: { $0.signs.contains { error.message.contains($0) } }) { return kind }
        // "must be from 1ms to 24h, not …", of durations and sizes alone; numbers say what they are.
        if error.message.hasPrefix("must be from ") { return .amounts }
        if error.path.hasSuffix(".time"), error.message.contains("-02-29") { return .notation }
        if error.path.contains(".retry_on[") || error.path.contains(".reject_on["), error.message.contains(", not "),
            let number = error.message.split(separator: " ").last, number.contains(where: { ".eE".contains($0) }),
            Double(number) != nil
        {
            return .writing
        }
        let isText = ["must be a", "must not be empty", "must not contain"].allSatisfy { !error.message.hasPrefix($0) }
        return error.path.hasSuffix(".matches") && isText ? .notation : nil
    }
}
