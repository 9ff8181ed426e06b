extension Configuration.Admin {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let listenField = reader.required("listen", "an address such as \"127.0.0.1:8223\"")
        let tokenField = reader["token"]
        let token = tokenField?.secret()
        reader.finish()

        guard let listenField, let (host, port) = listenField.parsed(by: Self.address) else { return nil }
        if tokenField == nil, !HostAndPort.isLoopback(host) {
            listenField.error("can be reached from other machines and needs a \"token\" beside it (or listen at 127.0.0.1)")
        }
        return Self(host: host, port: port, token: token)
    }

    private static func address(_ text: String) throws(TextProblem) -> (host: String, port: UInt16) {
        if text.utf8.first == UInt8(ascii: ":") {
            throw TextProblem("has no host (write \"127.0.0.1\(text)\", or \"0.0.0.0\(text)\" for all addresses)")
        }
        if text.utf8.allSatisfy(\.isASCIIDigit) { throw TextProblem("has no host (write \"127.0.0.1:\(text)\")") }
        let address = try HostAndPort(parsing: text, ports: 0...UInt16.max)
        guard let port = address.port else { throw TextProblem("must have a port (such as \"127.0.0.1:8223\")") }
        return (address.host, port)
    }
}
