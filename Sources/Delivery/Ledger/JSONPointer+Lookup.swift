package import Matching
package import NIOCore

/// Looking up values in messages: in place, without building anything of what is passed by.
///
/// A body that is not valid JSON (see ``JSONText``, which also bounds how deep it may be nested) has no values at all, not even
/// before the place where it goes wrong. Of members of an object with one name the last counts, as it does for most readers.
/// Names are compared by what they say, escapes and all, code point by code point. Takes time in proportion to the body, times the
/// steps of the pointer at worst.
extension JSONPointer {
    /// What the pointer leads to in a body.
    package struct Finding: Sendable, Hashable {
        package let kind: JSONKind

        /// The value's bytes as indices of the body's storage, such as `getSlice(at:length:)` takes; a string's with its quotes.
        package let range: Range<Int>
    }

    /// What the pointer leads to; nil where it leads nowhere.
    package func find(in body: ByteBuffer) -> Finding? {
        body.withUnsafeReadableBytes { bytes in
            guard let value = JSONDocument(bytes)?.value(at: self) else { return nil }
            let start = body.readerIndex + value.offset(in: bytes)
            return Finding(kind: value.kind, range: start..<(start + value.bytes.count))
        }
    }

    /// The key of a message for keeping order by the value at this pointer; ``RouteKey/absent`` where it leads nowhere.
    package func key(in body: ByteBuffer) -> RouteKey {
        body.withUnsafeReadableBytes { RouteKey(JSONDocument($0)?.value(at: self)) }
    }
}
