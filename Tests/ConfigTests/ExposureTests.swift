import Foundation
import TestSupport
import Testing

@testable import Config

/// Secrets that every user of the machine can read.
@Suite("Secrets that lie open")
struct ExposureTests {
    private static let files: [String: [UInt8]] = [
        "/conf/t": Array("token".utf8), "/run/c": Array("a-secret-of-24-characters".utf8), "/conf/key.pem": [],
        "/conf/cert.pem": [],
        "/conf/user.creds": [], "/conf/user.nk": [],
    ]

    private static let end =
        #", which holds a secret ("chmod o-r" ends that; it is better to change the secret too)"#

    private func load(_ text: String, open: String...) -> LoadedConfiguration {
        ConfigTests.load(text, variables: ["CREDENTIALS_DIRECTORY": "/run", "V": "v"], files: Self.files, openFiles: Set(open))
    }

    @Test(
        "a file with a secret that everybody can read is told, wherever it is named",
        arguments: [
            (text(rest: #""nats": {"token": {"file": "t"}}"#), "5:28: warning: nats.token.file", "/conf/t"),
            (text(rest: #""nats": {"nkey_seed_file": "user.nk"}"#), "5:28: warning: nats.nkey_seed_file", "/conf/user.nk"),
            (
                text(rest: #""nats": {"credentials_file": "user.creds"}"#), "5:30: warning: nats.credentials_file",
                "/conf/user.creds"
            ),
            (
                text(rest: #""nats": {"tls": {"cert_file": "cert.pem", "key_file": "key.pem"}}"#),
                "5:55: warning: nats.tls.key_file", "/conf/key.pem"
            ),
            (
                text(rest: #""admin": {"listen": "127.0.0.1:1", "token": {"credential": "c"}}"#),
                "5:60: warning: admin.token.credential", "/run/c"
            ),
        ]
    )
    func files(text: String, place: String, file: String) {
        #expect(self.load(text).lines == [])
        let loaded = self.load(text, open: file)
        #expect(loaded.lines == ["config.json:\(place): every user of this machine can read the file \(Quoted(file))\(Self.end)"])
        // A daemon says it too, and runs.
        #expect(loaded.alarms.count == 1)
        #expect(loaded.configuration != nil)
        // Certificates are for everybody, and a file that holds no secret is too.
        #expect(self.load(text, open: "/conf/cert.pem", "config.json").lines == [])
    }

    @Test(
        "a configuration that everybody can read is told of when it has a secret in it",
        arguments: [
            (#""nats": {"username": "u", "password": "p"}"#, "5:39: warning: nats.password"),
            (#""nats": {"servers": ["nats://h", "nats://u:p@h2"]}"#, "5:34: warning: nats.servers[1]"),
            (#""admin": {"listen": "127.0.0.1:1", "token": "t"}"#, "5:45: warning: admin.token"),
        ]
    )
    func written(rest: String, place: String) {
        #expect(self.load(text(rest: rest)).lines == [])
        let lines = self.load(text(rest: rest), open: "config.json").lines
        #expect(lines.count == 1)
        #expect(
            lines.first?.hasPrefix("config.json:\(place): is a secret, and every user of this machine can read this file (")
                == true
        )
    }

    @Test("what is written out in an http sink counts when it is a secret for sure")
    func sinks() {
        func isAlarming(_ setting: String) -> Bool {
            let sink = #""type": "http", "url": "http://localhost/", "timeout": "1s", "# + setting
            return !self.load(text(sink: sink), open: "config.json").alarms.isEmpty
        }
        for setting in [
            #""bearer": "t""#, #""basic": {"username": "u", "password": "p"}"#,
            #""sign": {"secrets": ["a-secret-of-24-characters"]}"#,
            #""headers": {"AUTHORIZATION": "Bearer t"}"#, #""proxy": "http://u:p@h""#,
        ] {
            #expect(isAlarming(setting), "\(setting)")
        }
        for setting in [
            #""headers": {"X-Team": "orders"}"#, #""proxy": "http://h""#, #""bearer": {"env": "V"}"#,
            #""bearer": {"credential": "c"}"#,
        ] {
            #expect(!isAlarming(setting), "\(setting)")
        }
    }

    @Test("a file that is wrong anyway gets its errors only")
    func errors() {
        let text = text(rest: #""nats": {"token": {"file": "t"}, "tokn": 1}"#)
        #expect(self.load(text, open: "/conf/t", "config.json").warnings == [])
    }

    @Test("who can read a file depends on its mode, on its directories, and on where a link leads")
    func permissions() throws {
        // Directories of tests are closed to others.
        let directory = try TestDirectory()
        let inner = directory.path(of: "inner")
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
        let file = try directory.write("secret", to: "inner/file")
        let link = directory.path(of: "link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "inner/file")
        func isOpen(_ path: String, file fileMode: Int, outer: Int, inner innerMode: Int = 0o755) throws -> Bool {
            let manager = FileManager.default
            try manager.setAttributes([.posixPermissions: fileMode], ofItemAtPath: file)
            try manager.setAttributes([.posixPermissions: innerMode], ofItemAtPath: inner)
            try manager.setAttributes([.posixPermissions: outer], ofItemAtPath: directory.path)
            return FilePermissions.areOpenToAll(path)
        }
        for path in [file, link] {
            #expect(try isOpen(path, file: 0o644, outer: 0o755))
            #expect(try isOpen(path, file: 0o604, outer: 0o711, inner: 0o701))
            #expect(try !isOpen(path, file: 0o640, outer: 0o755))
            #expect(try !isOpen(path, file: 0o600, outer: 0o755))
            #expect(try !isOpen(path, file: 0o644, outer: 0o750))
            #expect(try !isOpen(path, file: 0o644, outer: 0o755, inner: 0o750))
        }
        #expect(!FilePermissions.areOpenToAll(directory.path(of: "missing")))
    }
}
