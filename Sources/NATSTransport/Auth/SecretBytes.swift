import Glibc

/// Bytes that nobody shall find in memory later: they are never copied by an assignment, and are overwritten before their memory is
/// given back.
struct SecretBytes: ~Copyable {
    private let buffer: UnsafeMutableRawBufferPointer

    /// How many of the bytes are in use.
    private(set) var count: Int

    /// Zeros. Never empty as far as memory goes, so that there is always an address.
    init(count: Int) {
        self.buffer = .allocate(byteCount: max(count, 1), alignment: 1)
        self.buffer.initializeMemory(as: UInt8.self, repeating: 0)
        self.count = count
    }

    deinit {
        if let start = self.buffer.baseAddress { explicit_bzero(start, self.buffer.count) }
        self.buffer.deallocate()
    }

    /// The bytes must not be kept beyond the closure.
    func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: self.buffer[..<self.count]))
    }

    mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(rebasing: self.buffer[..<self.count]))
    }

    /// Leaves off bytes at the end.
    mutating func truncate(to count: Int) {
        self.count = min(max(count, 0), self.count)
    }
}
