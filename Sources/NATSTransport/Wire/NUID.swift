/// Random names for inboxes, connections and messages: 22 letters and digits, about 131 bits.
package enum NUID {
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return self.make(using: &generator)
    }

    package static func make(using generator: inout some RandomNumberGenerator) -> String {
        String(unsafeUninitializedCapacity: self.length) { bytes in
            for index in 0..<self.length {
                let digit = UInt8.random(in: 0..<62, using: &generator)
                bytes[index] =
                    switch digit {
                    case 0..<10: UInt8(ascii: "0") + digit
                    case 10..<36: UInt8(ascii: "A") + digit - 10
                    default: UInt8(ascii: "a") + digit - 36
                    }
            }
            return self.length
        }
    }

    /// A subject for answers that nobody else listens on.
    package static func makeInbox() -> String { "_INBOX." + self.make() }

    private static let length = 22
}
