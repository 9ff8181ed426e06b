import Foundation

/// What receivers in Python make of requests, with the libraries that others wrote for Standard Webhooks and for CloudEvents.
package enum PythonVerifier {
    package enum Check: Sendable {
        /// The signature, by a secret: base64 after `whsec_`, or any other text as it is. The body has to be UTF-8, for the library.
        case webhook(secret: String)

        /// The event in headers and body, or the events in the body; which of these the `Content-Type` says.
        case cloudEvents
    }

    package struct Verdict: Sendable, Decodable {
        /// Why the request is not taken; nil when it is.
        package let complaint: String?
        package let events: [Event]
    }

    package struct Event: Sendable, Decodable {
        /// As text. The time is as Python writes it, in microseconds: `2020-09-13T12:26:40.123456+00:00`.
        package let attributes: [String: String]
        private let data: Data?

        /// What is JSON has its keys in order and no spaces. Nil when there is none.
        package var text: String? { self.data.map { String(decoding: $0, as: UTF8.self) } }
        package var bytes: [UInt8]? { self.data.map { Array($0) } }
    }

    private struct Question: Encodable {
        let check: String
        let secret: String?
        let headers: [[String]]
        let body: Data

        init(_ check: Check, _ request: (headers: [(name: String, value: String)], body: [UInt8])) {
            switch check {
            case .webhook(let secret): (self.check, self.secret) = ("webhook", secret)
            case .cloudEvents: (self.check, self.secret) = ("cloudEvents", nil)
            }
            self.headers = request.headers.map { [$0.name, $0.value] }
            self.body = Data(request.body)
        }
    }

    /// Has all the requests looked at, in one run.
    ///
    /// - Returns: a verdict for each, in their order.
    /// - Throws: when there is no Python, or not with the libraries.
    package static func verify(
        _ check: Check,
        _ requests: [(headers: [(name: String, value: String)], body: [UInt8])]
    ) async throws -> [Verdict] {
        try await PythonProgram.answers(of: "verify.py", to: requests.map { Question(check, $0) }, count: requests.count)
    }
}
