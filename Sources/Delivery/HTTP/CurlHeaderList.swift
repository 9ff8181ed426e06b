import CCurl

/// Header lines in libcurl's form, a linked list, in memory of our own. libcurl only reads it while a transfer runs.
///
/// A list can go on in another one, which then is the tail of both: what all requests share exists once.
final class CurlHeaderList {
    private let nodes: UnsafeMutableBufferPointer<curl_slist>

    /// What comes after the last line. Kept so that it lives as long as this list.
    private let tail: CurlHeaderList?

    /// - Parameter lines: at least one where there is no tail.
    convenience init(_ lines: [String], then tail: CurlHeaderList? = nil) {
        self.init(lines, tail: tail, next: tail?.first)
    }

    /// A list that goes on in lines which whoever makes it keeps alive.
    convenience init(_ lines: [String], goingOnIn next: UnsafeMutablePointer<curl_slist>?) {
        self.init(lines, tail: nil, next: next)
    }

    private init(_ lines: [String], tail: CurlHeaderList?, next last: UnsafeMutablePointer<curl_slist>?) {
        self.tail = tail
        self.nodes = .allocate(capacity: lines.count)
        for (index, line) in lines.enumerated() {
            let text = UnsafeMutablePointer<CChar>.allocate(capacity: line.utf8.count + 1)
            for (offset, byte) in line.utf8.enumerated() { text[offset] = CChar(bitPattern: byte) }
            text[line.utf8.count] = 0
            let next = index + 1 < lines.count ? self.nodes.baseAddress.map { $0 + index + 1 } : last
            self.nodes.initializeElement(at: index, to: curl_slist(data: text, next: next))
        }
    }

    deinit {
        for node in self.nodes { node.data.deallocate() }
        self.nodes.deallocate()
    }

    var first: UnsafeMutablePointer<curl_slist>? { self.nodes.isEmpty ? self.tail?.first : self.nodes.baseAddress }
}
