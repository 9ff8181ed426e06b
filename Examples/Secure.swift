import NIOCore
import StanCore

/// Proves who it is, and talks TLS with a server whose certificate an authority of one's own has signed.
func secure(_ server: Server) async throws {
    guard let secure = server.secure else { return print("left out: no secure server is given") }
    var transport = StanTransport.Configuration(servers: [secure.url])
    transport.credentials = .password(user: secure.user, password: secure.password)
    transport.tls = StanTransport.TLS(caFile: secure.caFile)
    let client = try await StanClient.connect(transport, configuration: server.configuration("secure"))
    try await client.publish(ByteBuffer(string: "hello"), to: server.channel("secure"))
    try await client.close()
    print("published over TLS")

    // Others: .token, .nkey(seedFile:), .credentials(file:), .jwt(_:seed:). A wrong one is told at once, and for good.
    transport.credentials = .password(user: secure.user, password: "wrong")
    do {
        _ = try await StanClient.connect(transport, configuration: server.configuration("secure"))
    } catch let error as StanError where error.code == .authorization {
        print("refused: \(error)")
    }
}
