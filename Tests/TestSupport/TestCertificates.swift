import Foundation
import Synchronization

/// Certificates and keys that openssl makes, once a process, in a directory that goes with the process's temporary files.
package struct TestCertificates: Sendable {
    package struct Failure: Error {
        package let output: String
    }

    package let directory: String

    package var ca: String { "\(self.directory)/ca.pem" }
    package var otherCA: String { "\(self.directory)/other-ca.pem" }

    /// For `localhost` and 127.0.0.1.
    package var server: (certificate: String, key: String) { self.pair("server") }
    /// For `elsewhere.example`.
    package var elsewhere: (certificate: String, key: String) { self.pair("elsewhere") }
    /// For `localhost`, until yesterday.
    package var expired: (certificate: String, key: String) { self.pair("expired") }
    package var client: (certificate: String, key: String) { self.pair("client") }
    /// Signed by the other authority.
    package var stranger: (certificate: String, key: String) { self.pair("stranger") }

    private func pair(_ name: String) -> (certificate: String, key: String) {
        ("\(self.directory)/\(name).pem", "\(self.directory)/\(name).key")
    }

    private static let made = Mutex<TestCertificates?>(nil)

    package static func make() throws -> TestCertificates {
        try self.made.withLock { made in
            if let made { return made }
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
                "stan-bridged-certificates-\(ProcessInfo.processInfo.processIdentifier)"
            )
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try Self.run(Self.script, in: directory)
            let certificates = TestCertificates(directory: directory.path)
            made = certificates
            atexit {
                TestCertificates.made.withLock { made in
                    if let made { try? FileManager.default.removeItem(atPath: made.directory) }
                }
            }
            return certificates
        }
    }

    private static let script = """
        set -eu
        authority() {
            openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"
            openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 2 -out "$1.pem"
        }
        signed() { # name, authority, days, names
            openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"
            openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
            echo "subjectAltName=$4" >"$1.ext"
            openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial "$5" -days "$3" -extfile "$1.ext" -out "$1.pem"
        }
        authority ca
        authority other-ca
        signed server ca 2 DNS:localhost,IP:127.0.0.1 1
        signed elsewhere ca 2 DNS:elsewhere.example,DNS:*.elsewhere.example,IP:10.1.2.3 2
        signed expired ca -1 DNS:localhost,IP:127.0.0.1 3
        signed client ca 2 DNS:client 4
        signed stranger other-ca 2 DNS:stranger 5
        """

    private static func run(_ script: String, in directory: URL) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.currentDirectoryURL = directory
        let output = Pipe()
        shell.standardOutput = output
        shell.standardError = output
        try shell.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else { throw Failure(output: text) }
    }
}
