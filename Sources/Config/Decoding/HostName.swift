/// The names of machines.
enum HostName {
    /// The letters that Kubernetes makes names of: no vowels, nothing that looks like another.
    private static let letters = "bcdfghjklmnpqrstvwxz2456789"

    /// Whether a name looks like one that a container gets by itself, and its successor another: Docker takes 12 digits in base 16,
    /// a pod of a Kubernetes deployment has five letters at its end. (A stateful set's have numbers, and keep them.)
    static func isMadeUp(_ name: String) -> Bool {
        if name.utf8.count == 12, name.utf8.allSatisfy({ $0.hexDigitValue != nil }) { return true }
        let parts = name.utf8.split(separator: UInt8(ascii: "-"))
        guard parts.count > 2, let last = parts.last else { return false }
        return last.count == 5 && last.allSatisfy(Self.letters.utf8.contains)
    }
}
