/// JSON numbers by what they are worth, exactly: no number is made a `Double` on the way.
enum JSONNumber {
    /// Beyond this an exponent is not added to, so that nothing overflows.
    private static let maximumExponent = 1_000_000_000_000_000

    /// Appends the one way to write a number: `1`, `1.0` and `10e-1` all become `1`, and `0.5` becomes `5e-1`. A number with an
    /// exponent of more than fifteen digits is left as it is.
    ///
    /// - Parameter number: a number as JSON has it.
    static func append(_ number: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        let isNegative = number.first == UInt8(ascii: "-")
        let unsigned = isNegative ? number.dropFirst() : number[...]
        let significand = unsigned.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let whole = significand.prefix { $0 != UInt8(ascii: ".") }
        let fraction = significand.dropFirst(whole.count + 1)

        let start = text.count
        if isNegative { text.append(UInt8(ascii: "-")) }
        let firstDigit = text.count
        text += whole.drop { $0 == UInt8(ascii: "0") }
        text += text.count == firstDigit ? fraction.drop { $0 == UInt8(ascii: "0") } : fraction
        let digits = text.count
        while text.count > firstDigit, text.last == UInt8(ascii: "0") { text.removeLast() }
        guard text.count > firstDigit else {
            // No zero is negative.
            text.removeSubrange(start...)
            text.append(UInt8(ascii: "0"))
            return
        }
        guard var exponent = Self.exponent(unsigned.dropFirst(significand.count + 1)) else {
            text.removeSubrange(start...)
            text += number
            return
        }
        exponent += digits - text.count - fraction.count
        if exponent != 0 { text += Array("e\(exponent)".utf8) }
    }

    /// Nil when there are too many digits.
    private static func exponent(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        var exponent = 0
        for digit in text where digit != UInt8(ascii: "+") && digit != UInt8(ascii: "-") {
            exponent = exponent * 10 + Int(digit & 0xF)
            if exponent >= Self.maximumExponent { return nil }
        }
        return text.first == UInt8(ascii: "-") ? -exponent : exponent
    }
}
