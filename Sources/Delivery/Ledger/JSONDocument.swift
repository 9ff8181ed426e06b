import Matching

/// A body that is JSON, read where it lies. Valid only as long as its bytes are.
struct JSONDocument {
    private let bytes: UnsafeRawBufferPointer

    /// Nil when the bytes are no JSON (see ``JSONText``).
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard JSONText.isValid(bytes) else { return nil }
        self.bytes = bytes
    }

    /// The value that a pointer leads to; nil where it leads nowhere. Of members with one name the last counts.
    func value(at pointer: JSONPointer) -> JSONFragment? {
        var cursor = JSONCursor(self.bytes)
        for step in pointer.steps {
            switch cursor.nextToken() {
            case UInt8(ascii: "{"): guard cursor.enterMember(step.name) else { return nil }
            case UInt8(ascii: "["): guard let index = step.index, cursor.enterElement(index) else { return nil }
            default: return nil
            }
        }
        return cursor.takeFragment()
    }
}

/// A value of valid JSON text: its bytes from the first to the last that belongs to it.
struct JSONFragment {
    let bytes: UnsafeRawBufferPointer

    /// Where it stands in the text that it is part of.
    func offset(in text: UnsafeRawBufferPointer) -> Int {
        guard let start = self.bytes.baseAddress, let base = text.baseAddress else { return 0 }
        return start - base
    }

    var kind: JSONKind {
        switch self.bytes.first {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// Of a string, what is between its quotes, as it stands there.
    var content: UnsafeRawBufferPointer {
        guard self.bytes.count >= 2 else { return self.bytes }
        return UnsafeRawBufferPointer(rebasing: self.bytes[1..<(self.bytes.count - 1)])
    }
}

/// The kinds of JSON values.
package enum JSONKind: Sendable, Hashable {
    case object, array, string, number, bool, null
}

/// All of these are for text that is known to be JSON. In other text they may find nonsense, but never leave it.
extension JSONCursor {
    /// In an object, behind its brace: goes to the value of the last member with a name.
    fileprivate mutating func enterMember(_ name: [UInt8]) -> Bool {
        var found: JSONCursor?
        while self.nextToken() == UInt8(ascii: "\"") {
            let start = self.position
            guard self.scanString() else { return false }
            let key = UnsafeRawBufferPointer(start: start, count: self.position - start - 1)
            guard self.nextToken() == UInt8(ascii: ":") else { return false }
            if JSONString.equals(key, name) { found = self }
            guard self.skipValue(), self.nextToken() == UInt8(ascii: ",") else { break }
        }
        guard let found else { return false }
        self = found
        return true
    }

    /// In an array, behind its bracket: goes to an element.
    fileprivate mutating func enterElement(_ index: Int) -> Bool {
        guard self.peekToken() != UInt8(ascii: "]") else { return false }
        for _ in 0..<index {
            guard self.skipValue(), self.nextToken() == UInt8(ascii: ",") else { return false }
        }
        return true
    }

    fileprivate mutating func takeFragment() -> JSONFragment? {
        guard self.peekToken() != 0 else { return nil }
        let start = self.position
        guard self.skipValue() else { return nil }
        return JSONFragment(bytes: UnsafeRawBufferPointer(start: start, count: self.position - start))
    }

    /// Goes behind the next value. Counts levels rather than going down them: the text can be nested as deep as JSON may be.
    private mutating func skipValue() -> Bool {
        var depth = 0
        repeat {
            switch self.nextToken() {
            case UInt8(ascii: "\""): guard self.scanString() else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"): break
            case let first: guard self.scanPlain(first: first) else { return false }
            }
        } while depth > 0
        return true
    }
}
