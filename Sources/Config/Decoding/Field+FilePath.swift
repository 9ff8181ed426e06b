extension Field {
    /// Certificates and keys are small; more than this is the wrong file.
    private static let maximumFile = 1 << 20

    private static let wantedPath = "a path, or {\"credential\": NAME}"

    /// The path of a file that the daemon reads when it needs it, and that must be readable now: written out, or the name of a
    /// systemd credential.
    ///
    /// - Parameter isSecret: whether nobody else should read it.
    /// - Returns: the path, absolute unless the config file's own folder is unknown.
    func readableFile(isSecret: Bool = false) -> String? {
        let path: String?
        let place: Field
        if case .object = self.value.content {
            guard let reader = self.object() else { return nil }
            let credential = reader["credential"]
            guard reader.finish() else { return nil }
            guard let credential else {
                self.error("must be \(Self.wantedPath), and there is no \"credential\" in it")
                return nil
            }
            place = credential
            path = credential.credentialPath(insteadOfPath: "its path")
        } else {
            place = self
            path = self.text(Self.wantedPath).map(self.context.surroundings.resolve)
        }
        guard let path else { return nil }
        if case .failure(let problem) = self.context.surroundings.readFile(path, Self.maximumFile) {
            place.error("cannot read the file \(Quoted(path)): \(problem)")
            return nil
        }
        if isSecret { self.context.noteSecret(inFile: path, named: place) }
        return path
    }

    /// The path of a systemd credential that is named here.
    ///
    /// - Parameter hint: what to do when one means a path, for the error.
    func credentialPath(insteadOfPath hint: String) -> String? {
        guard let name = self.text() else { return nil }
        if name.utf8.contains(UInt8(ascii: "/")) || name == "." || name == ".." {
            self.error("must be the name of a credential, not a path (for a file write \(hint))")
            return nil
        }
        guard let folder = self.context.surroundings.variable("CREDENTIALS_DIRECTORY"), !folder.isEmpty else {
            let setting = "LoadCredential=\(Quoted.harmless(name)):PATH"
            self.error("there is no $CREDENTIALS_DIRECTORY (systemd sets it when the unit has \(setting))")
            return nil
        }
        return "\(folder)/\(name)"
    }
}
