import Testing

@testable import Delivery

@Suite("Redirects")
struct HTTPRedirectPolicyTests {
    private static func location(_ url: String) throws -> HTTPLocation { try CurlURL.location(of: url) }

    private static func decide(
        _ status: Int = 308,
        from: String = "https://billing.example/hooks",
        to: String?,
        isFollowing: Bool = true,
        hasCredentials: Bool = false,
        followed: Int = 0
    ) throws -> HTTPRedirectPolicy.Decision {
        try HTTPRedirectPolicy(isFollowing: isFollowing, hasCredentials: hasCredentials).decide(
            status: status,
            from: Self.location(from),
            to: to.map { try Self.location($0) },
            followed: followed
        )
    }

    private static func isRefused(_ decision: HTTPRedirectPolicy.Decision) -> Bool {
        if case .refuse = decision { true } else { false }
    }

    @Test("one that is only elsewhere is followed, as often as the limit says", arguments: [301, 302, 307, 308])
    func followed(status: Int) throws {
        let target = "https://billing.example/elsewhere"
        #expect(try Self.decide(status, to: target) == .follow)
        #expect(try Self.decide(status, to: target, followed: HTTPRedirectPolicy.limit - 1) == .follow)
        #expect(try Self.isRefused(Self.decide(status, to: target, followed: HTTPRedirectPolicy.limit)))
    }

    @Test("none is followed where they are not to be, nor one that would drop the message or points nowhere")
    func refused() throws {
        #expect(try Self.isRefused(Self.decide(to: "https://billing.example/", isFollowing: false)))
        for status in [300, 303, 304] { #expect(try Self.isRefused(Self.decide(status, to: "https://billing.example/"))) }
        #expect(try Self.isRefused(Self.decide(to: nil)))
    }

    @Test("another scheme is never followed, in either direction")
    func scheme() throws {
        #expect(try Self.isRefused(Self.decide(to: "http://billing.example/")))
        #expect(try Self.isRefused(Self.decide(from: "http://billing.example/", to: "https://billing.example/")))
    }

    @Test("another host, or another port of it, is followed only with nothing secret to show")
    func host() throws {
        for target in ["https://other.example/", "https://billing.example:8443/"] {
            #expect(try Self.decide(to: target) == .follow)
            #expect(try Self.isRefused(Self.decide(to: target, hasCredentials: true)))
        }
        // The same port, spelt out.
        #expect(try Self.decide(to: "https://billing.example:443/", hasCredentials: true) == .follow)
    }
}
