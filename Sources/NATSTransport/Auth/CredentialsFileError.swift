/// Why a text is not a credentials file. Says where, never what stands there.
package enum CredentialsFileError: Error, Equatable, CustomStringConvertible {
    /// There is neither a JWT nor a seed.
    case empty
    /// A block has something else than one line of letters, digits and a few signs. Lines count from 1.
    case malformedBlock(line: Int)
    case badJWT
    case badSeed(NKeyError)

    package var description: String {
        switch self {
        case .empty: "there is neither a JWT nor a seed in it"
        case .malformedBlock(let line): "line \(line) does not belong between two marker lines, where one line is expected"
        case .badJWT: "what should be the JWT is not three parts of base64 text with dots between them"
        case .badSeed(let error): "its seed cannot be used: \(error)"
        }
    }
}
