/// A byte as `0x0A`.
struct Hexadecimal: CustomStringConvertible {
    private let byte: UInt8

    init(_ byte: UInt8) {
        self.byte = byte
    }

    var description: String {
        let digits = String(self.byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "0x0\(digits)" : "0x\(digits)"
    }
}
