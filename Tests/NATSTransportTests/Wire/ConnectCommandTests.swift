import Foundation
import NIOCore
import Testing

@testable import NATSTransport

@Suite("CONNECT")
struct ConnectCommandTests {
    private func fields(_ command: ConnectCommand) throws -> [String: NSObject] {
        let line = String(buffer: command.line())
        #expect(line.hasPrefix("CONNECT {"))
        #expect(line.hasSuffix("}\r\n"))
        #expect(line.split(separator: "\r\n").count == 1)
        let json = Data(line.dropFirst("CONNECT ".count).utf8)
        return try #require(try JSONSerialization.jsonObject(with: json) as? [String: NSObject])
    }

    @Test("Verbose and pedantic are always said to be off, for a server takes them to be on", arguments: [true, false])
    func always(_ headers: Bool) throws {
        let command = ConnectCommand(name: nil, proof: ConnectProof(), supportsHeaders: headers)
        #expect(String(buffer: command.line()).contains("\"verbose\":false"))
        #expect(String(buffer: command.line()).contains("\"pedantic\":false"))
        let fields = try self.fields(command)
        #expect(fields["protocol"] == 1 as NSNumber)
        #expect(fields["echo"] == true as NSNumber)
        #expect(fields["tls_required"] == false as NSNumber)
        // Without headers a server closes the connection of a client that asks for no-responders messages.
        #expect(fields["headers"] == headers as NSNumber)
        #expect(fields["no_responders"] == headers as NSNumber)
        for key in ["user", "pass", "auth_token", "nkey", "jwt", "sig", "name"] { #expect(fields[key] == nil) }
    }

    @Test("Credentials and name go out as they are, whatever is in them")
    func credentials() throws {
        let odd = "a\"b\\c\r\nPUB x 0\r\n é/"
        let password = try self.fields(
            ConnectCommand(name: odd, proof: ConnectProof(user: odd, password: odd + "!"), supportsHeaders: true)
        )
        #expect(password["user"] == odd as NSString)
        #expect(password["pass"] == (odd + "!") as NSString)
        #expect(password["name"] == odd as NSString)
        #expect(password["auth_token"] == nil)
        let token = try self.fields(ConnectCommand(name: nil, proof: ConnectProof(token: "t"), supportsHeaders: true))
        #expect(token["auth_token"] == "t" as NSString)
        #expect(token["user"] == nil)
    }
}
