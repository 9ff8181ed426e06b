import Glibc

/// A system call failed.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// The value of `errno`.
    package let code: Int32

    package init(_ code: Int32) {
        self.code = code
    }

    /// The system's own words for the code: `No space left on device`.
    package var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            text.initialize(repeating: 0)
            guard let base = text.baseAddress, strerror_r(self.code, base, text.count - 1) == 0 else {
                return "error \(self.code)"
            }
            return String(cString: base)
        }
    }

    /// A call that did less than it was asked to, without saying why.
    static let inputOutput = SystemCallError(EIO)

    var isInterruption: Bool { self.code == EINTR }
    var isMissing: Bool { self.code == ENOENT }

    /// Runs a call that returns -1 and sets `errno` when it fails, and repeats it as long as a signal interrupts it.
    package static func check<Result: SignedInteger>(_ call: () -> Result) throws(SystemCallError) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            let code = errno
            if code != EINTR { throw SystemCallError(code) }
        }
    }
}
