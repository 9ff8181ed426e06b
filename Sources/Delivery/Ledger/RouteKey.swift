/// What messages have in common that must stay in order: the value at a pointer, or that there is none.
///
/// Equal values are equal keys, however they are written: strings by the text that they say, numbers by what they are worth
/// (`1`, `1.0` and `1e0` are one key; large ones are not rounded). Arrays and objects are compared as they are written, but for
/// white space between their parts. All messages without a value have one key together; `null` is another.
///
/// Holds a copy of the value: no more than the message itself.
package struct RouteKey: Sendable, Hashable {
    /// The value as JSON in its one form, but that strings have neither escapes nor a closing quote. Nothing where there is none.
    private let bytes: [UInt8]

    /// That of messages in which the pointer leads nowhere, and of those that are no JSON.
    package static let absent = RouteKey(nil)

    init(_ fragment: JSONFragment?) {
        guard let fragment else {
            self.bytes = []
            return
        }
        var bytes: [UInt8] = []
        switch fragment.kind {
        case .string:
            bytes.append(UInt8(ascii: "\""))
            JSONString.append(fragment.content, to: &bytes)
        case .number:
            JSONNumber.append(fragment.bytes, to: &bytes)
        case .bool, .null:
            bytes += fragment.bytes
        case .object, .array:
            Self.appendWithoutSpace(fragment.bytes, to: &bytes)
        }
        self.bytes = bytes
    }

    /// That of a string.
    package init(text: [UInt8]) {
        self.bytes = [UInt8(ascii: "\"")] + text
    }

    private static func appendWithoutSpace(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(text.count)
        var isString = false
        var isEscaped = false
        for byte in text {
            if !isString, byte <= UInt8(ascii: " ") { continue }
            bytes.append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isString.toggle()
            } else if isString, byte == UInt8(ascii: "\\") {
                isEscaped = true
            }
        }
    }
}
