extension Configuration.NATS.TLS {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let certificate = reader["cert_file"]
        let key = reader["key_file"]
        let caFile = reader["ca_file"]?.readableFile()
        let certificateFile = certificate?.readableFile()
        let keyFile = key?.readableFile()
        let serverName = reader["server_name"]?.parsed("a name such as \"nats.example\"", by: Self.serverName)
        let skipsVerification = reader["insecure_skip_verify"]?.boolean()
        reader.finish(.none)
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
