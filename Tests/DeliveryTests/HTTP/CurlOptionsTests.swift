import Testing

@testable import Delivery

@Suite("Versions of HTTP")
struct CurlOptionsTests {
    @Test("HTTP/2 is spoken unasked from libcurl 8.0.0 on, and before that only when asked for, with a warning")
    func versions() {
        #expect(!CurlOptions.isHTTP2Sound(version: 0x07_58_01))
        #expect(CurlOptions.isHTTP2Sound(version: 0x08_00_00))
        for version in [HTTPSink.Configuration.Connection.Version.automatic, .http1] {
            #expect(CurlOptions.problem(with: version, libcurl: 0x07_58_01) == nil)
        }
        let warning = CurlOptions.problem(with: .http2, libcurl: 0x07_58_01)
        #expect(warning?.isFatal == false)
        #expect(warning?.text.hasPrefix("libcurl 7.88.1 loses some requests") == true)
        #expect(CurlOptions.problem(with: .http2PriorKnowledge, libcurl: 0x07_58_01)?.isFatal == true)
        for version in [HTTPSink.Configuration.Connection.Version.http2, .http2PriorKnowledge] {
            #expect(CurlOptions.problem(with: version, libcurl: 0x08_00_00) == nil)
        }
    }
}
