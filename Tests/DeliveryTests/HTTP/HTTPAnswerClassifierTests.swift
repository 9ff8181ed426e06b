import NIOCore
import Testing

@testable import Delivery

@Suite("What an answer means")
struct HTTPAnswerClassifierTests {
    private let classifier = HTTPAnswerClassifier(
        location: HTTPLocation(scheme: "https", authority: "billing.example", hostAndPort: "billing.example:443"),
        timeout: .seconds(30),
        connectTimeout: .milliseconds(1500)
    )
    private let now: Int64 = 784_111_777 - 60  // a minute before RFC 9110's example date

    private static let waits: [(String, Int64)] = [
        ("0", 0), ("120", 120), (" 7 ", 7),
        ("99999999999999999999999", 315_360_000),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 60),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 60),
        ("Sun Nov  6 08:49:37 1994", 60),
        ("Sun, 06 Nov 1993 08:49:37 GMT", 0),
        ("Thu, 29 Feb 1996 00:00:00 GMT", 41_440_283),
        ("Wednesday, 06-Nov-95 08:49:37 GMT", 31_536_060),
    ]

    @Test("2xx is success and nothing else is", arguments: 100...599)
    func success(status: Int) {
        #expect(HTTPAnswerClassifier.isSuccess(status) == (status / 100 == 2))
    }

    @Test("these may pass", arguments: [100, 101, 408, 425, 429, 500, 501, 502, 503, 504, 507, 511, 599, 999])
    func retried(status: Int) {
        let expected = DeliveryFailure.retry(reason: "HTTP \(status) from billing.example: \"oops\"", after: nil)
        #expect(self.classifier.failure(.answered(HTTPAnswer(status: status, excerpt: "oops")), now: self.now) == expected)
    }

    @Test(
        "these will not",
        arguments: [300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 451]
    )
    func rejected(status: Int) {
        guard case .rejected(let reason) = self.classifier.failure(.answered(HTTPAnswer(status: status)), now: self.now) else {
            Issue.record("\(status) is tried again")
            return
        }
        #expect(reason.hasPrefix("HTTP \(status) from billing.example"))
    }

    @Test("410 says nothing of the message, and everything of the endpoint")
    func gone() {
        let end = HTTPTransferEnd.answered(HTTPAnswer(status: 410))
        let failure = self.classifier.failure(end, now: self.now)
        #expect(failure == .unavailable(reason: "HTTP 410 from billing.example", after: nil))
        #expect(self.classifier.verdict(end, failure) == .isGone)
    }

    @Test("what is configured goes before what is usual")
    func configuredStatuses() {
        var classifier = self.classifier
        classifier.retriedStatuses = [410, 404]
        classifier.rejectedStatuses = [500]
        func verdict(_ status: Int) -> SinkGate.End {
            let end = HTTPTransferEnd.answered(HTTPAnswer(status: status))
            return classifier.verdict(end, classifier.failure(end, now: self.now))
        }
        #expect([410, 404, 500, 503].map(verdict) == [.fails, .fails, .works, .fails])
    }

    @Test("Retry-After is seconds or a date in three formats", arguments: Self.waits)
    func retryAfter(value: String, seconds: Int64) {
        let expected = TimeAmount.seconds(seconds)
        #expect(RetryAfter.parse(value, now: self.now) == expected)
        let answer = HTTPAnswer(status: 503, retryAfter: value)
        #expect(
            self.classifier.failure(.answered(answer), now: self.now)
                == .retry(reason: "HTTP 503 from billing.example", after: expected)
        )
    }

    @Test(
        "a Retry-After that makes no sense is no Retry-After",
        arguments: [
            "", " ", "-1", "1.5", "soon", "0x10", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994",
            "Sunday, 06-Nov 08:49:37 GMT", "a b c d e", "a b c d e f", "٣",
        ]
    )
    func senselessRetryAfter(value: String) {
        #expect(RetryAfter.parse(value, now: self.now) == nil)
    }

    @Test(
        "a two-digit year is never more than 50 years ahead",
        arguments: [("69", 2069), ("76", 2076), ("77", 1977), ("26", 2026)]
    )
    func twoDigitYear(digits: String, year: Int64) {
        let now: Int64 = 1_790_000_000  // 2026
        let date = RetryAfter.daysSinceEpoch(year: year, month: 12, day: 31) * 86_400
        let expected = min(max(date - now, 0), 10 * 365 * 86_400)
        #expect(RetryAfter.parse("Monday, 31-Dec-\(digits) 00:00:00 GMT", now: now) == .seconds(expected))
    }

    @Test("days are counted as Timestamp counts them", arguments: -100...200)
    func days(thousands: Int64) {
        let day = thousands * 997
        let date = CivilDate(daysSinceEpoch: day)
        #expect(RetryAfter.daysSinceEpoch(year: date.year, month: date.month, day: date.day) == day)
    }

    @Test(
        "failures are told in words",
        arguments: [
            (HTTPTransferFailure.unresolved, "could not resolve the name in billing.example:443"),
            (
                .resolveTimedOut,
                "could not resolve the name in billing.example:443 within 1.5s: no answer from the name servers"
            ),
            (.notConnected(cause: "connection refused"), "could not connect to billing.example:443: connection refused"),
            (.connectTimedOut, "could not connect to billing.example:443 within 1.5s"),
            (.timedOut, "no whole answer from billing.example within 30s"),
            (.tls(cause: "certificate has expired"), "TLS with billing.example: certificate has expired"),
            (.notHTTP, "the answer from billing.example is not HTTP"),
            (.malformed(cause: "bad chunk"), "the answer from billing.example is malformed: bad chunk"),
            (.oversizedHead, "the head of the answer from billing.example is too large"),
        ]
    )
    func words(failure: HTTPTransferFailure, expected: String) {
        #expect(self.classifier.failure(.failed(failure), now: self.now) == .retry(reason: expected, after: nil))
    }

    @Test(
        "of a redirect's target only scheme and host are shown",
        arguments: [
            ("https://user:pw@new.example:8443/path?token=1#x", "https://new.example:8443"), ("http://a@b@c/", "http://c"),
            ("https://new.example?q", "https://new.example"),
        ]
    )
    func origin(url: String, expected: String) {
        #expect(HTTPAnswerClassifier.origin(ofURL: url) == expected)
    }

    @Test("an excerpt that ends within a character ends before it")
    func excerpt() {
        let bytes = Array("grün".utf8.prefix(3))
        bytes.withUnsafeBytes { #expect(HTTPText.excerpt($0, isCut: true) == "gr") }
        [UInt8(0x61), 0xFF, 0x00, 0x0A, 0x62].withUnsafeBytes { #expect(HTTPText.excerpt($0, isCut: false) == "a\u{FFFD}? b") }
    }
}
