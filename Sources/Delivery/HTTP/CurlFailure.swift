import CCurl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What libcurl says of a transfer that has failed, put into the terms that people know.
struct CurlFailure {
    let result: CURLcode
    let easy: UnsafeMutableRawPointer

    /// The transfer's error buffer.
    let errorText: UnsafePointer<CChar>?

    /// The status that was read, 0 where none was.
    let status: Int
    let hasProxy: Bool

    var meaning: HTTPTransferFailure {
        switch self.result {
        case CURLE_OK:
            return self.status == 0 ? .notHTTP : .cut(cause: "the answer's head has no end")
        case CURLE_COULDNT_RESOLVE_HOST:
            return .unresolved
        case CURLE_COULDNT_RESOLVE_PROXY:
            return .proxy(cause: "could not resolve its name")
        case CURLE_PROXY:
            return .proxy(cause: self.detail)
        case CURLE_COULDNT_CONNECT:
            return self.hasProxy
                ? .proxy(cause: "could not connect to it: \(self.systemError)") : .notConnected(cause: self.systemError)
        case CURLE_OPERATION_TIMEDOUT:
            guard self.wasSent else { return self.connectTimeout }
            return self.detail.hasPrefix("Operation too slow") ? .tooSlow : .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED:
            return .tls(cause: Self.cause(ofTLSDetail: self.detail))
        case CURLE_WEIRD_SERVER_REPLY where self.status != 0:
            return .malformed(cause: self.detail)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2:
            return .notHTTP
        case CURLE_BAD_CONTENT_ENCODING:
            return .malformed(cause: self.detail)
        case CURLE_OUT_OF_MEMORY where self.wasSent, Self.tooLarge:
            // What libcurl says of a line of a head that it will not make room for. Without memory nothing here would get so far.
            return .oversizedHead
        case CURLE_GOT_NOTHING:
            return .cut(cause: "nothing was answered")
        case CURLE_RECV_ERROR where self.detail.hasPrefix("Too large response headers"):
            return .oversizedHead
        // Under several codes, one of them that of a cut connection; what they have in common is the word.
        case _ where self.detail.contains("chunk"):
            return .malformed(cause: self.detail)
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2_STREAM:
            let cause = self.detail
            return cause.hasPrefix("CONNECT tunnel failed") ? .proxy(cause: cause) : .cut(cause: cause)
        default:
            return .other(cause: self.detail)
        }
    }

    /// `CURLE_TOO_LARGE` of libcurl 8.6.0 and later.
    private static let tooLarge = CURLcode(100)

    /// Whether the request was begun to be sent.
    private var wasSent: Bool {
        var time: curl_off_t = 0
        _ = stan_easy_get_offset(self.easy, CURLINFO_PRETRANSFER_TIME_T, &time)
        return time != 0
    }

    /// The time for the connection ran out in one of its steps.
    private var connectTimeout: HTTPTransferFailure {
        guard self.detail.hasPrefix("Resolving timed out") else { return .connectTimedOut }
        return self.hasProxy ? .proxy(cause: "could not resolve its name in time") : .resolveTimedOut
    }

    /// What the system said when it could not connect.
    private var systemError: String {
        var number = 0
        _ = stan_easy_get_long(self.easy, CURLINFO_OS_ERRNO, &number)
        guard number != 0, let text = strerror(CInt(number)) else { return self.detail }
        return String(cString: text).lowercased()
    }

    /// `certificate has expired` from `SSL certificate problem: certificate has expired`, and `wrong version number` from
    /// `OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number`.
    static func cause(ofTLSDetail detail: String) -> String {
        if let start = detail.firstRange(of: "::"), detail.contains("error:") { return String(detail[start.upperBound...]) }
        return ["SSL certificate problem: ", "SSL: "].reduce(detail) { $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0 }
    }

    /// What libcurl noted about the failure. It names hosts at most; where it might quote the URL, only the code's own text is used.
    private var detail: String {
        if self.result != CURLE_URL_MALFORMAT, let text = self.errorText, text.pointee != 0 {
            return HTTPText.oneLine(String(cString: text))
        }
        return HTTPText.oneLine(String(cString: curl_easy_strerror(self.result)))
    }
}
