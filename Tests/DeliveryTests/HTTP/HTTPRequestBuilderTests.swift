import Testing

@testable import Delivery

@Suite("What a request says about its message")
struct HTTPRequestBuilderTests {
    private func lines(_ builder: borrowing HTTPRequestBuilder) -> [String] {
        HTTPRequestBuilder.Line.allCases.compactMap { line in
            builder.text(of: line).map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
        }
    }

    @Test("values replace each other, longer and shorter, without a trace")
    func values() {
        var builder = HTTPRequestBuilder()
        builder.use(keyPrefix: Array("c/orders/".utf8))
        builder.write(sequence: .max, timestamp: .max, attempt: .max)
        #expect(
            self.lines(builder) == [
                "Stan-Sequence: 18446744073709551615", "Stan-Timestamp: 2262-04-11T23:47:16.854775807Z",
                "Stan-Attempt: 4294967295", "Idempotency-Key: c/orders/18446744073709551615",
            ]
        )
        builder.write(sequence: 10, timestamp: 0, attempt: 1)
        #expect(
            self.lines(builder) == [
                "Stan-Sequence: 10", "Stan-Timestamp: 1970-01-01T00:00:00.000000000Z", "Stan-Attempt: 1",
                "Idempotency-Key: c/orders/10",
            ]
        )
    }

    @Test("a key of any length fits, and a shorter one after it too", arguments: [0, 1, 300, 400, 5000])
    func keys(length: Int) {
        var builder = HTTPRequestBuilder()
        for prefix in [String(repeating: "k", count: length), "c/d/"] {
            builder.use(keyPrefix: Array(prefix.utf8))
            builder.write(sequence: 9_876_543_210, timestamp: 1_600_000_000_123_456_789, attempt: 3)
            #expect(
                self.lines(builder) == [
                    "Stan-Sequence: 9876543210", "Stan-Timestamp: 2020-09-13T12:26:40.123456789Z", "Stan-Attempt: 3",
                    "Idempotency-Key: \(prefix)9876543210",
                ]
            )
        }
    }

    @Test(
        "nothing in a name can end a header line",
        arguments: [
            ("orders.eu", "orders.eu"), ("a b", "a%20b"), ("a%20b", "a%2520b"), ("x\r\nY: 1", "x%0D%0AY:%201"),
            ("é\0", "%C3%A9%00"),
        ]
    )
    func names(name: String, encoded: String) {
        let context = RouteContext(route: "r", channel: name, cluster: "c", clientID: "i")
        #expect(HTTPRequestBuilder.lines(of: context) == ["Stan-Cluster: c", "Stan-Channel: \(encoded)"])
        #expect(HTTPRequestBuilder.keyPrefix(of: context) == Array("c/\(encoded)/".utf8))
    }
}
