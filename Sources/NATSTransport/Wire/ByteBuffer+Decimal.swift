package import NIOCore

extension ByteBuffer {
    /// Writes a number in decimal digits, without making a string of it first.
    ///
    /// - Precondition: the number is not negative.
    package mutating func writeDecimal(_ value: Int) {
        precondition(value >= 0)
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<20 { self.writeInteger(digits[index]) }
    }
}
