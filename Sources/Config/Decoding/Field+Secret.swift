extension Field {
    private static let forms = "a string, {\"env\": NAME}, {\"file\": PATH} or {\"credential\": NAME}"

    /// A secret: written out, or in an environment variable, a file, or a systemd credential. It is read now, so that what is
    /// missing is known before the daemon starts. No diagnostic repeats any of it.
    ///
    /// - Parameter use: what it has to be good for.
    func secret(for use: SecretUse = .password) -> Secret? {
        guard let secret = self.anySecret(for: use) else { return nil }
        do throws(TextProblem) {
            try use.check(secret.reveal())
            return secret
        } catch {
            self.error(error.message)
            return nil
        }
    }

    private func anySecret(for use: SecretUse) -> Secret? {
        switch self.value.content {
        case .string(let text):
            if text.isEmpty {
                self.error("must not be empty")
                return nil
            }
            // A header or a proxy that is written out may well be no secret at all.
            let isHarmless = use == .headerValue || use == .proxyURL && !text.utf8.contains(UInt8(ascii: "@"))
            if !isHarmless { self.context.noteSecret(in: self) }
            return Secret(text)
        case .object:
            return self.object().flatMap(self.referenced)
        default:
            self.error("must be \(Self.forms), not \(self.value.kind)")
            return nil
        }
    }

    private func referenced(_ reader: ObjectReader) -> Secret? {
        let variable = reader["env"]
        let file = reader["file"]
        let credential = reader["credential"]
        // A misspelt key was reported; that none is left is no second error.
        guard reader.finish() else { return nil }
        guard [variable, file, credential].count(where: { $0 != nil }) == 1 else {
            self.error("must have exactly one of \"env\", \"file\" and \"credential\"")
            return nil
        }
        if let variable { return variable.fromEnvironment() }
        if let file {
            return file.text().flatMap { file.fromFile(self.context.surroundings.resolve($0)) }
        }
        return credential.flatMap { field in field.credentialPath(insteadOfPath: "{\"file\": PATH}").flatMap(field.fromFile) }
    }

    private func fromEnvironment() -> Secret? {
        guard let name = self.text() else { return nil }
        guard let value = self.context.surroundings.variable(name) else {
            self.error("the environment has no variable \(Quoted(name))")
            return nil
        }
        if value.isEmpty {
            self.error("the environment variable \(Quoted(name)) is empty")
            return nil
        }
        return Secret(value)
    }

    private func fromFile(_ path: String) -> Secret? {
        switch self.context.surroundings.readFile(path, Secret.maximumFile) {
        case .failure(let problem):
            self.error("cannot read the file \(Quoted(path)): \(problem)")
            return nil
        case .success(let bytes):
            do throws(TextProblem) {
                let secret = Secret(try Secret.text(ofFile: bytes), file: path)
                self.context.noteSecret(inFile: path, named: self)
                return secret
            } catch {
                self.error("the file \(Quoted(path)) \(error.message)")
                return nil
            }
        }
    }
}
