import Foundation
import Synchronization

/// An nginx of our own, on a port of the loopback interface or on a socket in its directory. It notes every request it has answered.
package final class Nginx: Sendable {
    package struct Options: Sendable {
        /// What the server listens with, beside its address: `ssl http2`.
        package var listen = ""

        /// Whether it listens on a socket of its directory, ``Nginx/socketPath``, and not on a port.
        package var usesUnixSocket = false

        /// Directives for `http`.
        package var http = ""

        /// Directives for the server. Requests that are passed on to `http://backend` are answered 200 there.
        package var server = "location / { return 200; }"

        /// Files that directives name, with their texts.
        package var files: [String: String] = [:]

        package init(
            listen: String = "",
            usesUnixSocket: Bool = false,
            http: String = "",
            server: String = "location / { return 200; }",
            files: [String: String] = [:]
        ) {
            self.listen = listen
            self.usesUnixSocket = usesUnixSocket
            self.http = http
            self.server = server
            self.files = files
        }
    }

    /// A request that was answered.
    package struct Request: Sendable {
        /// Its `Idempotency-Key` and `Stan-Attempt`; `-` where it had none.
        package let key: String
        package let attempt: String
        package let status: Int

        /// A number that no other connection has until nginx is started again.
        package let connection: Int

        /// `HTTP/1.1`, `HTTP/2.0`.
        package let version: String

        /// The process that answered. A reload and a restart bring another one.
        package let worker: Int

        /// From its first byte to the last one of its answer, in seconds; in steps of milliseconds.
        package let time: ClosedRange<Double>

        fileprivate init?(line: Substring) {
            let fields = line.split(separator: " ")
            guard fields.count == 8, let status = Int(fields[2]), let connection = Int(fields[3]), let worker = Int(fields[5]),
                let end = Double(fields[6]), let duration = Double(fields[7])
            else { return nil }
            self.key = String(fields[0])
            self.attempt = String(fields[1])
            self.status = status
            self.connection = connection
            self.version = String(fields[4])
            self.worker = worker
            self.time = (end - duration)...end
        }
    }

    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    /// 0 where it listens on a socket.
    package let port: Int
    private let directory: TestDirectory
    private let program: Mutex<TestProgram>

    package var address: String { "127.0.0.1:\(self.port)" }
    package var url: String { "http://\(self.address)/hooks" }
    package var secureURL: String { "https://\(self.address)/hooks" }
    package var socketPath: String { self.directory.path(of: Self.socket) }

    /// Starts an nginx, and waits until it takes connections.
    package static func start(_ options: Options = Options()) async throws -> Nginx {
        guard let executable = TestProgram.path(of: "nginx") else {
            throw Failed(description: "nginx is not installed (scripts/install-dependencies installs what the tests need)")
        }
        while true {
            let directory = try TestDirectory()
            let port = options.usesUnixSocket ? 0 : freePort()
            for (name, text) in options.files { try directory.write(text, to: name) }
            try directory.write(Self.configuration(options, port: port, in: directory), to: Self.configurationFile)
            do {
                let program = try await Self.launch(executable, in: directory)
                return Nginx(port: port, directory, program)
            } catch let error as Failed {
                // Someone else was faster.
                guard error.description.contains("Address already in use") else { throw error }
            }
        }
    }

    private init(port: Int, _ directory: TestDirectory, _ program: TestProgram) {
        self.port = port
        self.directory = directory
        self.program = Mutex(program)
    }

    // MARK: What it has seen

    /// The requests that were answered, in the order in which their answers were done. A request is noted just after its answer has
    /// been sent.
    package var requests: [Request] {
        self.directory.text(of: Self.accessLog).split(separator: "\n").compactMap { Request(line: $0) }
    }

    /// What it has to complain about.
    package var complaints: String { self.directory.text(of: Self.errorLog) }

    // MARK: Signals

    /// Has it read its configuration again. New workers take over at some time after; old ones finish what they have begun.
    package func reload() {
        self.program.withLock { $0.signal(SIGHUP) }
    }

    /// Ends it, with whatever it is doing, and returns when it is gone. Does no harm a second time.
    package func stop() async {
        let program = self.program.withLock { $0 }
        program.signal(SIGTERM)
        _ = await program.end()
    }

    /// Starts it where it was stopped.
    package func startAgain() async throws {
        let program = try await Self.launch(TestProgram.path(of: "nginx") ?? "", in: self.directory)
        self.program.withLock { $0 = program }
    }

    // MARK: Start

    private static let configurationFile = "nginx.conf"
    private static let accessLog = "access.log"
    private static let errorLog = "error.log"
    private static let processIDFile = "nginx.pid"
    private static let socket = "nginx.sock"

    private static func launch(_ executable: String, in directory: TestDirectory) async throws -> TestProgram {
        let program = TestProgram.start(
            command: [
                executable, "-p", directory.path, "-e", Self.errorLog, "-c", Self.configurationFile, "-g", "daemon off;",
            ],
            // It takes its workers along.
            lastSignal: .terminate
        )
        // It says who it is when its sockets are open.
        try await eventually(within: .seconds(20), "nginx has started: \(directory.text(of: Self.errorLog))") {
            if program.hasEnded { return true }
            guard let processID = program.processID else { return false }
            return directory.text(of: Self.processIDFile) == "\(processID)\n"
        }
        guard !program.hasEnded else {
            throw Failed(description: "nginx did not start: \(program.errors)\(directory.text(of: Self.errorLog))")
        }
        return program
    }

    private static func configuration(_ options: Options, port: Int, in directory: TestDirectory) -> String {
        let address = options.usesUnixSocket ? "unix:\(directory.path(of: Self.socket))" : "127.0.0.1:\(port)"
        let backend = "unix:\(directory.path(of: "backend.sock"))"
        // Workers would leave root for a user who may not look into the directory.
        let user = geteuid() == 0 ? "user root;" : ""
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \($0);" }.joined(separator: " ")
        return """
            \(user)
            worker_processes 1;
            pid \(Self.processIDFile);
            events { worker_connections 1024; }
            http {
                \(paths)
                log_format requests "$http_idempotency_key $http_stan_attempt $status $connection $server_protocol $pid"
                    " $msec $request_time";
                access_log \(Self.accessLog) requests;
                upstream backend {
                    server \(backend);
                    keepalive 64;
                }
                server {
                    listen \(backend);
                    access_log off;
                    location / { return 200; }
                }
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                \(options.http)
                server {
                    listen \(address) \(options.listen);
                    \(options.server)
                }
            }

            """
    }
}

/// Lends an nginx. The body may stop it too.
package func withNginx<Result>(_ options: Nginx.Options = Nginx.Options(), _ body: (Nginx) async throws -> Result) async throws
    -> Result
{
    let nginx = try await Nginx.start(options)
    do {
        let result = try await body(nginx)
        await nginx.stop()
        return result
    } catch {
        await nginx.stop()
        throw error
    }
}
