/// Decides whether a redirect is followed. Pure.
struct HTTPRedirectPolicy: Sendable {
    enum Decision: Sendable, Equatable {
        case follow
        /// - Parameter why: for people, such as `redirects are not followed`.
        case refuse(why: String)
    }

    /// Whether any is followed at all.
    let isFollowing: Bool

    /// Whether requests bear something that only the configured host must see: credentials, a signature's secret aside, which is not
    /// sent.
    let hasCredentials: Bool

    /// How many are followed one after the other.
    static let limit = 5

    /// - Parameters:
    ///   - status: of the answer.
    ///   - origin: where the sink's URL points.
    ///   - target: where the answer points; nil when it does not say, or cannot be understood.
    ///   - followed: how many redirects have been followed for this request.
    func decide(status: Int, from origin: HTTPLocation, to target: HTTPLocation?, followed: Int) -> Decision {
        guard self.isFollowing else { return .refuse(why: "redirects are not followed") }
        // 303 asks for the result to be fetched from elsewhere; the message would not be sent again.
        guard [301, 302, 307, 308].contains(status) else { return .refuse(why: "a redirect of this kind carries no message") }
        guard let target else { return .refuse(why: "it points nowhere") }
        guard target.scheme == origin.scheme else { return .refuse(why: "another scheme is not followed") }
        guard !self.hasCredentials || target.hostAndPort == origin.hostAndPort else {
            return .refuse(why: "another host would be shown the credentials")
        }
        guard followed < Self.limit else { return .refuse(why: "already \(Self.limit) redirects were followed") }
        return .follow
    }
}
