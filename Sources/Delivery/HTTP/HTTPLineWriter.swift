import CCurl

/// Header lines that are written for each request, one after the other, into memory that is kept from one request to the next.
///
/// libcurl reads them as a linked list: the nodes are linked when all lines are there, since memory moves as it grows.
final class HTTPLineWriter {
    private var text = RecordBuffer(capacity: 1024)
    private var starts: [Int] = []
    private var nodes: UnsafeMutableBufferPointer<curl_slist>

    init() {
        self.nodes = .allocate(capacity: 8)
        self.nodes.initialize(repeating: curl_slist(data: nil, next: nil))
    }

    deinit { self.nodes.deallocate() }

    var isEmpty: Bool { self.starts.isEmpty }

    func removeAll() {
        self.text.removeAll(keepingAtMost: 4096)
        self.starts.removeAll(keepingCapacity: true)
    }

    /// Appends a line.
    ///
    /// - Parameters:
    ///   - name: with the colon and the space.
    ///   - value: what appends the value. It must be neither empty nor hold a control character.
    func append(_ name: StaticString, _ value: (inout RecordBuffer) -> Void) {
        self.starts.append(self.text.count)
        self.text.append(name)
        value(&self.text)
        self.text.append(0)
    }

    /// As above, for a name that is known only when the program runs.
    func append(_ name: [UInt8], _ value: (inout RecordBuffer) -> Void) {
        self.starts.append(self.text.count)
        self.text.append(name)
        value(&self.text)
        self.text.append(0)
    }

    /// - Returns: the first line, or `next` where there are none. Stays where it is until lines are written again.
    func link(to next: UnsafeMutablePointer<curl_slist>?) -> UnsafeMutablePointer<curl_slist>? {
        if self.starts.count > self.nodes.count {
            self.nodes.deallocate()
            self.nodes = .allocate(capacity: 2 * self.starts.count)
            self.nodes.initialize(repeating: curl_slist(data: nil, next: nil))
        }
        guard !self.starts.isEmpty, let text = self.text.bytes.baseAddress, let first = self.nodes.baseAddress else {
            return next
        }
        for (index, start) in self.starts.enumerated() {
            self.nodes[index].data = UnsafeMutablePointer(mutating: (text + start).assumingMemoryBound(to: CChar.self))
            self.nodes[index].next = index + 1 < self.starts.count ? first + index + 1 : next
        }
        return first
    }
}
