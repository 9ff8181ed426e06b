import NATSTransport

/// Credentials files, and the JWT in one.
enum CredentialsTarget: FuzzTarget {
    static let seed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"

    /// `{"typ":"JWT"}`, `{"exp":1,"nats":{"bearer_token":true}}`, and a signature that nobody looks at.
    private static let jwt = "eyJ0eXAiOiJKV1QifQ.eyJleHAiOjEsIm5hdHMiOnsiYmVhcmVyX3Rva2VuIjp0cnVlfX0.AAAA"

    static let seeds: [[UInt8]] = [
        "-----BEGIN NATS USER JWT-----\n\(jwt)\n------END NATS USER JWT------\n\nnote\n"
            + "-----BEGIN USER NKEY SEED-----\r\n\(seed)\r\n------END USER NKEY SEED------\n",
        "\(jwt)\n\(seed)\n",
        seed,
        "---\n\(seed)\n---",
    ].map { Array($0.utf8) }

    static func run(_ bytes: [UInt8]) {
        do throws(CredentialsFileError) {
            let file = try CredentialsFile(parsing: bytes)
            precondition(file.jwt != nil || file.seed != nil, "a file of nothing")
        } catch {
            precondition(!"\(error)".isEmpty)
        }
    }
}
