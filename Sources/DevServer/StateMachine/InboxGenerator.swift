/// Makes inbox subjects: `_INBOX.` and 22 letters and digits. The same seed makes the same inboxes, so that a test can be
/// run again; a server that others can reach is seeded from the system's random numbers.
package struct InboxGenerator: Sendable {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> String {
        var inbox = Array("_INBOX.".utf8)
        for _ in 0..<22 { inbox.append(Self.digits[Int(self.random() % 62)]) }
        return String(decoding: inbox, as: UTF8.self)
    }

    /// SplitMix64.
    private mutating func random() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
