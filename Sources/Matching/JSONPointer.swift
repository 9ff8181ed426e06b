/// A JSON pointer (RFC 6901): the way to one value of a JSON text, as `/customer/id` or `/items/0`. The empty pointer is the whole
/// text.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// One step of the way.
    package struct Step: Sendable, Hashable {
        /// The member of an object that it leads to, in UTF-8, without escapes.
        package let name: [UInt8]

        /// The element of an array that it leads to, from 0; nil when it is not a number as arrays know them, such as `01` or `-`.
        package let index: Int?
    }

    /// The longest pointer, in bytes.
    package static let maximumLength = 1024

    /// The pointer as it was written.
    package let text: String

    package let steps: [Step]

    package var description: String { self.text }

    package init(_ text: String) throws(SyntaxProblem) {
        if text.utf8.count > Self.maximumLength {
            throw SyntaxProblem("must not be longer than \(Self.maximumLength) bytes")
        }
        guard let first = text.utf8.first else {
            self.text = text
            self.steps = []
            return
        }
        guard first == UInt8(ascii: "/") else {
            throw SyntaxProblem("must start with '/' (such as \"/customer/id\"; \"\" is the whole message)")
        }
        self.text = text
        var steps: [Step] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            steps.append(try Step(part))
        }
        self.steps = steps
    }
}

extension JSONPointer.Step {
    fileprivate init(_ part: Substring.UTF8View) throws(SyntaxProblem) {
        var name: [UInt8] = []
        var bytes = part[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                name.append(byte)
                continue
            }
            switch bytes.popFirst() {
            case UInt8(ascii: "0"): name.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): name.append(UInt8(ascii: "/"))
            default:
                throw SyntaxProblem("has a '~' that is not part of \"~0\" or \"~1\" (write '~' itself as \"~0\", '/' as \"~1\")")
            }
        }
        self.name = name
        self.index = Self.index(name)
    }

    /// Zero, or digits that do not start with one.
    private static func index(_ name: [UInt8]) -> Int? {
        guard name.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        guard name.first != UInt8(ascii: "0") || name.count == 1 else { return nil }
        return Int(String(decoding: name, as: UTF8.self))
    }
}
