import Glibc

/// The fields of a CONNECT that say who the client is.
struct ConnectProof: Equatable {
    var user: String?
    var password: String?
    var token: String?
    var nkey: String?
    var jwt: String?

    /// Over the nonce of the server's INFO.
    var signature: String?

    /// What may be the reason if the server refuses it: servers do not say.
    var doubt: String?
}

extension NATSCredentials {
    /// Reads what has to be read, and signs what has to be signed.
    ///
    /// - Parameter nonce: what the server wants signed; nil when its INFO had none.
    /// - Throws: ``NATSError/credentials(_:)``, in words for whoever can mend it.
    func proof(nonce: String?) throws(NATSError) -> ConnectProof {
        switch self {
        case .none:
            return ConnectProof()
        case .password(let user, let password):
            return ConnectProof(user: user, password: password)
        case .token(let token):
            return ConnectProof(token: token)
        case .nkeySeedFile(let path):
            let name = "the nkey seed file \(path)"
            return try Self.nkeyProof(try Self.read(path, name), nonce, name)
        case .nkey(let seed):
            return try Self.nkeyProof(try Self.parse(seed.utf8, "the nkey seed"), nonce, "the nkey seed")
        case .credentialsFile(let path):
            let name = "the credentials file \(path)"
            return try Self.jwtProof(try Self.read(path, name), nonce, name)
        case .jwt(let jwt, let seed):
            let text = seed.map { "\(jwt)\n\($0)" } ?? jwt
            return try Self.jwtProof(try Self.parse(text.utf8, "the JWT and its seed"), nonce, "the JWT and its seed")
        }
    }

    private static func read(_ path: String, _ name: String) throws(NATSError) -> CredentialsFile {
        let bytes: SecretBytes
        do throws(SecretFile.Problem) {
            bytes = try SecretFile.read(path)
        } catch {
            throw .credentials("cannot read \(name): \(error)")
        }
        return try bytes.withBytes { bytes throws(NATSError) in try Self.parse(bytes, name) }
    }

    private static func parse(_ text: some BidirectionalCollection<UInt8>, _ name: String) throws(NATSError) -> CredentialsFile {
        do throws(CredentialsFileError) {
            return try CredentialsFile(parsing: text)
        } catch {
            throw .credentials("cannot use \(name): \(error)")
        }
    }

    private static func nkeyProof(
        _ file: borrowing CredentialsFile,
        _ nonce: String?,
        _ name: String
    ) throws(NATSError) -> ConnectProof {
        switch file.seed {
        case .some(let seed):
            try Self.checkRole(seed, name)
            guard let nonce else { throw Self.noNonce(name) }
            return ConnectProof(nkey: seed.publicKey.description, signature: Base64URL.encode(seed.sign(nonce.utf8)))
        case nil:
            throw .credentials("cannot use \(name): there is a JWT in it and no seed; it can only be used as a credentials file")
        }
    }

    private static func jwtProof(
        _ file: borrowing CredentialsFile,
        _ nonce: String?,
        _ name: String
    ) throws(NATSError) -> ConnectProof {
        guard let jwt = file.jwt else {
            throw .credentials("cannot use \(name): there is a seed in it and no JWT; it can only be used as an nkey seed file")
        }
        // Not refused here: our clock may be the one that is wrong.
        let doubt = jwt.expiry.flatMap { $0 < time(nil) ? "\(name): the JWT expired on \(CalendarDay.text($0))" : nil }
        switch file.seed {
        case .some(let seed):
            try Self.checkRole(seed, name)
            if let nonce { return ConnectProof(jwt: jwt.text, signature: Base64URL.encode(seed.sign(nonce.utf8)), doubt: doubt) }
        case nil:
            guard jwt.isBearerToken else {
                throw .credentials("cannot use \(name): the seed that belongs to its JWT is missing")
            }
        }
        guard jwt.isBearerToken else { throw Self.noNonce(name) }
        return ConnectProof(jwt: jwt.text, doubt: doubt)
    }

    private static func checkRole(_ seed: borrowing NKeySeed, _ name: String) throws(NATSError) {
        let role = seed.role
        guard role == .user else {
            throw .credentials(
                "cannot use \(name): its seed is that of \(role.nameWithArticle), and clients need that of a user (SU…)"
            )
        }
    }

    private static func noNonce(_ name: String) -> NATSError {
        .credentials("the NATS server takes no nkeys or JWTs: it asked for no signature, and \(name) is good for nothing else")
    }
}
