extension Field {
    /// The largest file that is taken for a secret.
    private static let maximumSecret = 64 << 10

    private static let forms = "a string, {\"env\": NAME}, {\"file\": PATH} or {\"credential\": NAME}"

    /// A secret: written out, or in an environment variable, a file, or a systemd credential. It is read now, so that what is
    /// missing is known before the daemon starts. No diagnostic repeats any of it.
    func secret() -> Secret? {
        switch self.value.content {
        case .string(let text):
            if text.isEmpty {
                self.error("must not be empty")
                return nil
            }
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
        guard reader.finish(.none) else { return nil }
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
        switch self.context.surroundings.readFile(path, Self.maximumSecret) {
        case .failure(let problem):
            self.error("cannot read the file \(Quoted(path)): \(problem)")
            return nil
        case .success(var bytes):
            // Editors and `echo` end the last line; nobody means it as a part of a password.
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            if bytes.isEmpty {
                self.error("the file \(Quoted(path)) is empty")
                return nil
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                self.error("the file \(Quoted(path)) is not UTF-8 text")
                return nil
            }
            return Secret(text)
        }
    }
}
