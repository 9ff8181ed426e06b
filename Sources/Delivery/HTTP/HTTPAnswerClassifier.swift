import NIOCore

/// How one request ended, before anyone has judged it.
enum HTTPTransferEnd: Sendable, Equatable {
    case answered(HTTPAnswer)
    case failed(HTTPTransferFailure)
}

/// An answer that is not plain success, in its parts.
struct HTTPAnswer: Sendable, Equatable {
    var status: Int

    /// The value of the header `Retry-After`.
    var retryAfter: String?

    /// The absolute URL a redirect points to.
    var redirect: String?

    /// Why it was not followed.
    var refusal = "redirects are not followed"

    /// The first bytes of the body, on one line.
    var excerpt = ""
}

/// Why there is no whole answer.
enum HTTPTransferFailure: Sendable, Equatable {
    case unresolved
    case resolveTimedOut

    /// - Parameter cause: what the system said, such as `connection refused`.
    case notConnected(cause: String)
    case connectTimedOut
    case timedOut

    /// It went on, but slower than it has to.
    case tooSlow

    /// - Parameter cause: what the proxy, or the way to it, has to say.
    case proxy(cause: String)

    /// - Parameter cause: what is wrong with the handshake or the certificate.
    case tls(cause: String)
    case notHTTP

    /// It is HTTP, and breaks its rules.
    ///
    /// - Parameter cause: where.
    case malformed(cause: String)

    /// The answer's head is longer than any head has to be.
    case oversizedHead

    /// The connection ended in the middle of the exchange.
    case cut(cause: String)
    case other(cause: String)
}

/// Judges the ends of requests to one endpoint: what is worth another attempt, when, and how to say it to a person.
struct HTTPAnswerClassifier: Sendable {
    let location: HTTPLocation
    let timeout: Duration
    let connectTimeout: Duration
    var lowSpeed: HTTPSink.Configuration.LowSpeed?

    /// Statuses that are judged otherwise than by default.
    var retriedStatuses: Set<Int> = []
    var rejectedStatuses: Set<Int> = []

    /// Whether the message has arrived. The hot path asks only this.
    static func isSuccess(_ status: Int) -> Bool {
        (200...299).contains(status)
    }

    /// What to make of an end that is not success.
    ///
    /// - Parameter now: seconds since the Unix epoch, for a `Retry-After` that names a date.
    func failure(_ end: HTTPTransferEnd, now: Int64) -> DeliveryFailure {
        switch end {
        case .answered(let answer): self.failure(answer, now: now)
        case .failed(let failure): .retry(reason: self.reason(failure), after: nil)
        }
    }

    /// What an end that is not success says of the endpoint.
    ///
    /// - Parameter failure: what was made of it.
    func verdict(_ end: HTTPTransferEnd, _ failure: DeliveryFailure) -> SinkGate.End {
        switch (end, failure) {
        case (.answered, .unavailable): .isGone
        case (.answered, .rejected): .works
        case (.answered, .retry(_, .some(let after))): .asksForPause(after)
        case (.answered, _): .fails
        case (.failed(.unresolved), _), (.failed(.resolveTimedOut), _), (.failed(.notConnected), _),
            (.failed(.connectTimedOut), _), (.failed(.tls), _), (.failed(.proxy), _):
            .unreachable
        case (.failed, _): .fails
        }
    }

    private func failure(_ answer: HTTPAnswer, now: Int64) -> DeliveryFailure {
        var reason = "HTTP \(answer.status) from \(self.location.authority)"
        switch answer.status {
        case 300...399:
            if let target = answer.redirect.flatMap(Self.origin) { reason += ", which points to \(target)" }
            reason += " (\(answer.refusal))"
        default:
            break
        }
        if !answer.excerpt.isEmpty { reason += ": \"\(answer.excerpt)\"" }
        let after = answer.retryAfter.flatMap { RetryAfter.parse($0, now: now) }
        if self.retriedStatuses.contains(answer.status) { return .retry(reason: reason, after: after) }
        if self.rejectedStatuses.contains(answer.status) { return .rejected(reason: reason) }
        switch answer.status {
        case 408, 425, 429, 500...:
            return .retry(reason: reason, after: after)
        case 410:
            // Not the message's fault, and nothing that time heals.
            return .unavailable(reason: reason, after: nil)
        case 300...499:
            return .rejected(reason: reason)
        default:
            // A status below 200 is no end of an exchange; whatever it is, it says nothing about the message.
            return .retry(reason: reason, after: nil)
        }
    }

    private func reason(_ failure: HTTPTransferFailure) -> String {
        switch failure {
        case .unresolved:
            "could not resolve the name in \(self.location.hostAndPort)"
        case .resolveTimedOut:
            "could not resolve the name in \(self.location.hostAndPort) within \(HTTPText.describe(self.shownConnectTimeout)): "
                + "no answer from the name servers"
        case .notConnected(let cause):
            "could not connect to \(self.location.hostAndPort): \(cause)"
        case .connectTimedOut:
            "could not connect to \(self.location.hostAndPort) within \(HTTPText.describe(self.shownConnectTimeout))"
        case .timedOut:
            "no whole answer from \(self.location.authority) within \(HTTPText.describe(self.timeout))"
        case .tooSlow:
            "\(self.location.authority) was slower than \(self.lowSpeed?.bytesPerSecond ?? 0) bytes a second for "
                + "\(self.lowSpeed?.seconds ?? 0)s"
        case .proxy(let cause):
            "the proxy on the way to \(self.location.authority): \(cause)"
        case .tls(let cause):
            "TLS with \(self.location.authority): \(cause)"
        case .notHTTP:
            "the answer from \(self.location.authority) is not HTTP"
        case .malformed(let cause):
            "the answer from \(self.location.authority) is malformed: \(cause)"
        case .oversizedHead:
            "the head of the answer from \(self.location.authority) is too large"
        case .cut(let cause):
            "\(self.location.authority) ended the connection before the answer was whole: \(cause)"
        case .other(let cause):
            "request to \(self.location.authority) failed: \(cause)"
        }
    }

    /// The whole request's timeout counts while connecting too.
    private var shownConnectTimeout: Duration { min(self.connectTimeout, self.timeout) }

    /// Scheme and host of a URL: no credentials, no path, no query, because any of these may be a secret.
    static func origin(ofURL url: String) -> String? {
        guard let schemeEnd = url.firstRange(of: "://") else { return nil }
        let authority = url[schemeEnd.upperBound...].prefix { !"/?#\\".contains($0) }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return HTTPText.oneLine("\(url[..<schemeEnd.lowerBound])://\(host)")
    }
}
