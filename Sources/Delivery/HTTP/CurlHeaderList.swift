import CCurl

/// Header lines in libcurl's form, a linked list, in memory of our own. libcurl only reads it while a transfer runs.
///
/// A list can go on in another one, which then is the tail of both: what all requests share exists once.
final class CurlHeaderList {
    private let nodes: UnsafeMutableBufferPointer<curl_slist>

    /// What comes after the last line. Kept so that it lives as long as this list.
    private let tail: CurlHeaderList?

    /// - Parameter lines: at least one where there is no tail.
    init(_ lines: [String], then tail: CurlHeaderList? = nil) {
        self.tail = tail
        self.nodes = .allocate(capacity: lines.count)
        for (index, line) in lines.enumerated() {
            let text = UnsafeMutablePointer<CChar>.allocate(capacity: line.utf8.count + 1)
            for (offset, byte) in line.utf8.enumerated() { text[offset] = CChar(bitPattern: byte) }
            text[line.utf8.count] = 0
            let next = index + 1 < lines.count ? self.nodes.baseAddress.map { $0 + index + 1 } : tail?.first
            self.nodes.initializeElement(at: index, to: curl_slist(data: text, next: next))
        }
    }

    deinit {
        for node in self.nodes { node.data.deallocate() }
        self.nodes.deallocate()
    }

    var first: UnsafeMutablePointer<curl_slist>? { self.nodes.isEmpty ? self.tail?.first : self.nodes.baseAddress }
}
