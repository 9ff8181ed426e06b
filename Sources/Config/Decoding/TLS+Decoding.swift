extension Configuration.TLS {
    /// An object that has no other keys.
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let tls = Self.decode(reader, name: "nats.example")
        reader.finish()
        return tls
    }

    /// The keys that all such objects have, from one that may have more.
    ///
    /// - Parameter name: an example of a server's name.
    static func decode(_ reader: ObjectReader, name: String) -> Self {
        let caFile = reader["ca_file"]?.readableFile()
        let certificate = reader["cert_file"]
        let key = reader["key_file"]
        let certificateFile = certificate?.readableFile()
        let keyFile = key?.readableFile(isSecret: true)
        let serverName = reader["server_name"]?.parsed("a name such as \"\(name)\"", by: Self.serverName)
        let skipsVerification = reader["insecure_skip_verify"]?.boolean()
        if let certificate, key == nil { certificate.error("needs a \"key_file\" beside it") }
        if let key, certificate == nil { key.error("needs a \"cert_file\" beside it") }
        return Self(
            caFile: caFile,
            certificateFile: certificateFile,
            keyFile: keyFile,
            serverName: serverName,
            skipsVerification: skipsVerification ?? false
        )
    }

    private static func serverName(_ text: String) throws(TextProblem) -> String {
        let address = try HostAndPort(parsing: text)
        guard address.port == nil else { throw TextProblem("must be a name alone, without a port") }
        guard IPAddress(address.host) == nil else {
            throw TextProblem(
                "must be a name, not an IP address (a certificate for an address is compared with that of the server)"
            )
        }
        return address.host
    }
}
