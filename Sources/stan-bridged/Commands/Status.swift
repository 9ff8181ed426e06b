import ArgumentParser
import Config
import Delivery
import Glibc
import UnixSignals

/// `stan-bridged status`: how does the running daemon stand?
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the running daemon stands: its routes, and what is wrong.",
        discussion: """
            Asks the admin address (admin.listen in the configuration). The status is 69 when nobody answers there, or the token is not \
            right. docs/operating.md says what each figure means.

            Examples:
              stan-bridged status
              stan-bridged status --watch
              stan-bridged status --url http://10.0.0.7:8223 --token-file /etc/stan-bridged/admin-token
              stan-bridged status --json | jq '.routes[] | select(.state != "subscribed")'
            """
    )

    @Option(name: .long, help: ArgumentHelp("The admin address.", valueName: "url"))
    var url = "http://127.0.0.1:8223"

    @Flag(name: .long, help: "Print what /status answers, as JSON; with --watch a line each time.")
    var json = false

    @Flag(name: .long, help: "Go on, every two seconds, until interrupted.")
    var watch = false

    @Option(
        name: .long,
        help: ArgumentHelp("Read the admin token from this file.", valueName: "file"),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Read the admin token from this environment variable, if it is set.", valueName: "name")
    )
    var tokenEnv = "STAN_BRIDGED_TOKEN"

    private static let interval = Duration.seconds(2)
    private static let timeout = Duration.seconds(5)
    private static let maximumBytes = 64 << 20

    /// The URL is not repeated: it may hold a password.
    func validate() throws {
        guard !self.url.utf8.contains(where: { "@?".utf8.contains($0) }) else {
            throw ValidationError("--url must have no user name and no query (such as http://127.0.0.1:8223)")
        }
        do throws(TextProblem) {
            _ = try HTTPURL(parsing: self.url)
        } catch {
            throw ValidationError("--url \(error.message) (such as http://127.0.0.1:8223)")
        }
    }

    func run() async throws {
        let fetcher: HTTPFetcher
        do throws(SinkError) {
            let token = try self.token()
            fetcher = try HTTPFetcher(
                url: self.url,
                bearer: token,
                timeout: Self.timeout,
                maximumBytes: Self.maximumBytes,
                userAgent: "stan-bridged/\(Version.current)"
            )
        } catch {
            complain("stan-bridged: \(error)")
            throw Exit.noInput
        }
        let screen = Screen()
        do throws(Trouble) {
            let first = try await self.ask(fetcher)
            guard self.watch else {
                self.show(first, on: screen)
                return
            }
            await self.watch(fetcher, first, screen)
        } catch {
            complain("stan-bridged: \(error.text)")
            throw Exit.unavailable
        }
    }

    private func token() throws(SinkError) -> String? {
        guard let tokenFile else {
            let value = getenv(self.tokenEnv).map { String(cString: $0) } ?? ""
            return value.isEmpty ? nil : value
        }
        switch ConfigFile.surroundings(ofFile: tokenFile).readFile(tokenFile, Secret.maximumFile) {
        case .failure(let problem): throw SinkError("--token-file \(tokenFile): \(problem)")
        case .success(let bytes):
            do throws(TextProblem) {
                return try Secret.text(ofFile: bytes)
            } catch {
                throw SinkError("--token-file \(tokenFile): it \(error.message)")
            }
        }
    }

    // MARK: Asking

    private struct Trouble: Error {
        var text: String
    }

    private func ask(_ fetcher: HTTPFetcher) async throws(Trouble) -> (json: [UInt8], report: StatusReport) {
        let answer: HTTPFetcher.Answer
        switch await fetcher.get("/status") {
        case .failure(let failure):
            throw Trouble(
                text: "nobody answers at \(self.url): \(failure) (is the daemon running, and is this its admin.listen? see --url)"
            )
        case .success(let success):
            answer = success
        }
        switch answer.status {
        case 200:
            guard let report = try? StatusReport(json: answer.body) else {
                throw Trouble(text: "\(self.url) answers, but not as stan-bridged does (see --url)")
            }
            return (answer.body, report)
        case 401:
            throw Trouble(
                text: "\(self.url) wants another admin token (give it by --token-file FILE, or in the variable \(self.tokenEnv))"
            )
        default:
            throw Trouble(
                text: "\(self.url) answers with HTTP \(answer.status): it is no stan-bridged, or an older one (see --url)"
            )
        }
    }

    // MARK: Showing

    private func lines(_ report: StatusReport, on screen: Screen) -> [String] {
        StatusTable(report, isColored: screen.isColored, width: screen.size?.columns).lines
    }

    private func show(_ answer: (json: [UInt8], report: StatusReport), on screen: Screen) {
        // Not cut off: what is not redrawn may be as wide as it is.
        let lines = StatusTable(answer.report, isColored: screen.isColored).lines
        Screen.write(
            self.json ? String(decoding: answer.json, as: UTF8.self) : lines.map { $0 + "\n" }.joined()
        )
    }

    /// Until a signal comes, or nobody reads any more.
    private func watch(_ fetcher: HTTPFetcher, _ first: (json: [UInt8], report: StatusReport), _ screen: Screen) async {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let isDrawing = !self.json
        if isDrawing { screen.begin() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { await self.redraw(fetcher, first, screen) }
            _ = await group.next()
            group.cancelAll()
        }
        if isDrawing { screen.end() }
    }

    private func redraw(_ fetcher: HTTPFetcher, _ first: (json: [UInt8], report: StatusReport), _ screen: Screen) async {
        var last = first
        var trouble: String?
        while !Task.isCancelled {
            guard self.draw(last, trouble, on: screen) else { return }
            do {
                try await Task.sleep(for: Self.interval)
            } catch {
                return
            }
            do throws(Trouble) {
                last = try await self.ask(fetcher)
                trouble = nil
            } catch {
                trouble = error.text
            }
        }
    }

    private func draw(_ answer: (json: [UInt8], report: StatusReport), _ trouble: String?, on screen: Screen) -> Bool {
        guard !Task.isCancelled else { return false }
        if self.json {
            if let trouble { complain("stan-bridged: \(trouble)") }
            return trouble != nil || Screen.write(String(decoding: answer.json, as: UTF8.self))
        }
        guard let trouble else { return screen.show(self.lines(answer.report, on: screen)) }
        // A figure that is old is not to be taken for a new one.
        return screen.show([PlainText.oneLine(trouble), "", "As it was before:"] + self.lines(answer.report, on: screen))
    }
}
